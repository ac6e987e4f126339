/** What a target of `contract export` is, once its options are known. Each has a file here, and loads its work late. */
import type { VmmName } from '../../arch/vmm/names.ts';
import type { Contract, Exported, Registry, Result } from '../../model/index.ts';
import type { Failure } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export interface Target {
  /**
   * With a surface for a contract, what is exported is what guests of this VMM have on that host; null where the target is
   * not one VMM.
   */
  readonly vmm: VmmName | null;
  readonly run: (registry: Registry, contract: Contract, terminal: Terminal) => Promise<Result<Exported, Failure>>;
}
