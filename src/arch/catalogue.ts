/**
 * What people want to know of elements, by architecture. Apart from `index.ts`: these tables are large, and what only
 * checks a contract starts without them.
 */
import type { Architecture, Catalogue } from '../model/index.ts';
import { catalogue as arm64 } from './arm64/catalogue/index.ts';
import { catalogue as x86 } from './x86/catalogue/index.ts';

export function catalogueFor(architecture: Architecture): Catalogue {
  switch (architecture) {
    case 'x86_64':
      return x86;
    case 'arm64':
      return arm64;
  }
}
