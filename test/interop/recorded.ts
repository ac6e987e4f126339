/** The recorded surfaces, for tests of what is said of hosts. */
import { readDocument } from '../../src/format/index.ts';
import type { Architecture, Surface } from '../../src/model/index.ts';
import { recordedNames } from '../../src/cli/recorded.ts';

export interface Recording {
  readonly name: string;
  readonly surface: Surface;
}

export async function recordings(architecture?: Architecture): Promise<Recording[]> {
  return await Promise.all(
    recordedNames(architecture).map(async ({ name, path }) => {
      const read = await readDocument(path);
      if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
      return { name, surface: read.value.surface };
    }),
  );
}
