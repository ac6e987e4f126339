/** Reads every unit of a machine. What cannot be read ends it: a state with a part missing is no state. */
import { err, hex, ok } from '../model/index.ts';
import type { Architecture, Result, SavedData, SavedState, SavedUnit } from '../model/index.ts';
import type { KvmError } from '../kvm/index.ts';
import { saveError } from './state.ts';
import type { SaveError } from './state.ts';
import type { Unit } from './unit.ts';

export function saveUnits(architecture: Architecture, units: readonly Unit[]): Result<SavedState, SaveError> {
  const saved: SavedUnit[] = [];
  for (const unit of units) {
    const data = saveUnit(unit);
    if (!data.ok) return err(saveError(unit.name, data.error));
    if (data.value !== null) saved.push({ name: unit.name, rule: unit.rule, call: unit.call, data: data.value });
  }
  return ok({ architecture, units: saved });
}

/** Null where there is nothing of it on this machine. */
function saveUnit(unit: Unit): Result<SavedData | null, KvmError> {
  switch (unit.kind) {
    case 'registers': {
      const ids = unit.ids();
      if (!ids.ok) return ids;
      const registers: { id: `0x${string}`; value: `0x${string}` }[] = [];
      for (const id of ids.value) {
        const value = unit.read(id);
        if (!value.ok) return value;
        registers.push({ id: hex(id), value: hex(value.value) });
      }
      return ok(registers.length === 0 ? null : { kind: 'registers', registers });
    }
    case 'bytes': {
      const bytes = unit.read();
      return bytes.ok ? ok({ kind: 'bytes', base64: Buffer.from(bytes.value).toString('base64') }) : bytes;
    }
    case 'memory': {
      const done = unit.save();
      return done.ok ? ok({ kind: 'memory' }) : done;
    }
  }
}
