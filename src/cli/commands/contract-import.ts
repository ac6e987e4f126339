/** `contract import`: what a running guest has, asked of the program that runs it. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { contractText } from '../../format/index.ts';
import type { Qmp, QmpStreams } from '../../interop/qemu/qmp/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { emit } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { writeOption } from '../operands.ts';

export const contractImport: Command = define(
  'import',
  map(
    object({
      qmp: option('--qmp', string({ metavar: 'SOCKET' }), {
        description: message`The unix socket of a running QEMU's monitor (-qmp unix:SOCKET,server=on,wait=off), or HOST:PORT`,
      }),
      name: optional(
        option('--name', string({ metavar: 'NAME' }), {
          description: message`What to call the contract; default: the guest's name (-name)`,
        }),
      ),
      write: writeOption(),
    }),
    ({ qmp: target, name, write }): Task =>
      async (terminal) => {
        const qmp = await connect(target);
        if (!qmp.ok) return qmp.error;
        const { importGuest } = await import('../../interop/qemu/import/index.ts');
        const imported = await importGuest(qmp.value, name);
        qmp.value.close();
        if (!imported.ok) return failure(EXIT.input, `${target}: ${imported.error}`);
        const { contract, notes } = imported.value;
        const failed = emit(terminal, contractText(contract), write);
        if (failed !== null) return failed;
        const counts = `${contract.name}: ${contract.promises.length} words promised; of what QMP does not tell nothing is`;
        for (const line of [counts, ...notes.map((note) => `Note: ${note}`)]) terminal.note(line);
        return EXIT.ok;
      },
  ),
  {
    brief: 'Pin what a running guest has, as its VMM tells',
    description:
      'The guest goes on meanwhile. On x86 QEMU tells the CPUID features, identity and feature MSRs; on arm64 the vCPU features alone. What it does not tell is not promised, and a check says unknown of it. Of a monitor that libvirt has in use: virsh qemu-monitor-command is another way in, this one waits for its turn and gives up.',
    examples: [
      'evenkeel contract import --qmp /run/vm/web.qmp --write web.contract.json',
      'evenkeel contract import --qmp 127.0.0.1:4444 --name web | evenkeel migration check - --to node7.json --vmm qemu:10.0',
    ],
  },
);

const HOST_AND_PORT = /^(\[[0-9a-f:]+\]|[\w.-]+):(\d{1,5})$/i;

async function connect(target: string): Promise<Result<Qmp, Failure>> {
  const { connectQmp, describeQmpError } = await import('../../interop/qemu/qmp/index.ts');
  const [, host, port] = HOST_AND_PORT.exec(target) ?? [];
  const peer = host === undefined || port === undefined ? ok(target) : await dial(host.replace(/^\[|\]$/g, ''), port);
  if (!peer.ok) return err(failure(EXIT.input, `${target}: ${peer.error}`));
  const qmp = await connectQmp(peer.value);
  if (qmp.ok) return qmp;
  const text = describeQmpError(qmp.error);
  return err(
    failure(
      EXIT.input,
      text.startsWith(target) ? text : `${target}: ${text}`,
      'QEMU listens with: -qmp unix:SOCKET,server=on,wait=off',
    ),
  );
}

/** A TCP connection as the two streams that the client takes. */
async function dial(host: string, port: string): Promise<Result<QmpStreams, string>> {
  const { connect: open } = await import('node:net');
  const number = Number(port);
  if (number < 1 || number > 65_535) return err('ports are from 1 to 65535');
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = open(number, host);
  const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
  socket.once('error', fail);
  socket.once('connect', () => {
    socket.off('error', fail);
    resolve(null);
  });
  const failed = await promise;
  return failed === null ? ok({ readable: socket, writable: socket }) : err(`cannot connect: ${failed}`);
}
