/**
 * Commands between sections (`enum qemu_vm_cmd` in migration/savevm.c): the source tells the destination what comes. Of
 * PACKAGED, device state that is sent in one piece before RAM goes on (postcopy), the content is kept.
 */
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import type { Input } from './input.ts';
import { MAXIMUM_DEVICE_STATE, MAXIMUM_LISTED } from './limits.ts';
import type { Pass } from './parts.ts';
import { COMMANDS, COMMAND_PACKAGED } from './wire.ts';

export async function readCommand(input: Input, pass: Pass): Promise<StreamError | null> {
  const { offset } = input;
  if (!(await input.has(5))) return input.missing('a command');
  input.at++;
  const command = input.u16();
  const bytes = input.u16();
  const name = COMMANDS[command];
  if (name === undefined || command === 0) return streamError('malformed', offset, `the unknown command ${command}`);
  if (pass.commands.length >= MAXIMUM_LISTED) return streamError('limit', offset, 'too many commands');
  if (command !== COMMAND_PACKAGED) {
    pass.commands.push({ offset, name, bytes });
    return (await input.skip(bytes)) ? null : input.missing(`the command ${name}`);
  }
  if (bytes !== 4) return streamError('malformed', offset, `the command ${name} with ${bytes} bytes of arguments`);
  if (!(await input.has(4))) return input.missing(`the command ${name}`);
  const length = input.u32();
  pass.commands.push({ offset, name, bytes: length });
  if (length > MAXIMUM_DEVICE_STATE)
    return streamError('limit', offset, `${length} bytes of device state in one piece`);
  return await keepPackage(input, pass, length);
}

async function keepPackage(input: Input, pass: Pass, length: number): Promise<StreamError | null> {
  // What lies before it is not of the same run, even where it ends right here.
  pass.keeper.finish();
  for (let left = length; left > 0;) {
    if (!(await input.has(1))) return input.missing('device state in one piece (PACKAGED)');
    const piece = Math.min(left, input.available);
    const bytes = input.buffer.subarray(input.at, input.at + piece);
    if (!pass.keeper.keep(input.offset, bytes)) return streamError('limit', input.offset, 'too much device state');
    input.at += piece;
    left -= piece;
  }
  pass.keeper.finish();
  return null;
}
