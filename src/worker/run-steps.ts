/**
 * The worker's work: opens /dev/kvm, runs the steps one after the other and says what came of each. Runs in a process
 * of its own (`worker.ts`) or as the only program of a lab kernel; never in the caller's process, because an ioctl
 * that hangs cannot be interrupted from JavaScript.
 */
import { openKvm, openLibc, openScratch } from '../kvm/index.ts';
import type { CallCounter, KvmError, Libc } from '../kvm/index.ts';
import type { Message } from './protocol.ts';
import type { Step, StepContext } from '../probe/index.ts';

/**
 * A refusal of all VMs: by a policy, or because another hypervisor is there. Not EINVAL: an arm64 host without 40-bit
 * addresses refuses the default machine alone (api.rst, KVM_CREATE_VM).
 */
const REFUSALS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY', 'ENOTTY', 'ENOSYS']);

/** `open` is called once, for the port to libc; the bench hands one that writes down what goes through it. */
export function runSteps(
  steps: readonly Step[],
  send: (message: Message) => void,
  device: string = '/dev/kvm',
  open: () => Libc = openLibc,
): void {
  const started = performance.now();
  send({ event: 'hello', steps: steps.map((step) => step.name), startMilliseconds: Math.round(started) });
  const libc = open();
  const counter: CallCounter = { calls: 0 };
  const kvm = openKvm(libc, device, counter);
  if (!kvm.ok) return send(unavailable(kvm.error));
  using fd = kvm.value;
  // A node that is not KVM's, or a filter that refuses its ioctls: nothing could be measured, so that is said at once.
  const version = fd.apiVersion();
  if (!version.ok) return send(unavailable(version.error));
  const vm = fd.createVm();
  if (vm.ok) vm.value.close();
  else if (REFUSALS.has(vm.error.errnoName)) return send(unavailable(vm.error));
  const scratch = openScratch(libc);
  if (!scratch.ok) return send(unavailable(scratch.error));
  for (const step of steps) {
    send({ event: 'begin', step: step.name });
    const begun = performance.now();
    const context: StepContext = {
      libc,
      kvm: fd,
      scratch: scratch.value,
      note: (what) => send({ event: 'note', step: step.name, what }),
    };
    const section = step.run(context);
    const milliseconds = Math.round((performance.now() - begun) * 1000) / 1000;
    send({ event: 'end', step: step.name, milliseconds, section });
  }
  send({ event: 'done', ioctls: counter.calls, milliseconds: performance.now() - started });
}

function unavailable(error: KvmError): Message {
  return {
    event: 'unavailable',
    call: error.call,
    detail: error.detail,
    errno: error.errnoName,
    meaning: error.meaning,
  };
}
