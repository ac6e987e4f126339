/**
 * The state of nested virtualization: how large it can get, and what a fresh vCPU's looks like (KVM API document,
 * 4.114). Its format names the vendor; its header grew between kernels.
 */
import { KVM_GET_NESTED_STATE } from '../../../kvm/index.ts';
import type { NestedData } from '../../../arch/x86/sections.ts';
import { absent, failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { createWithCpuid } from './fresh.ts';
import { nonzeroWords } from './words.ts';

const KVM_CAP_NESTED_STATE = 157;
const HEADER_BYTES = 128;

export const nested: Step = {
  name: 'nested',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm }) {
    const maximum = kvm.checkExtension(KVM_CAP_NESTED_STATE);
    if (!maximum.ok) return failed(maximum.error);
    if (maximum.value === 0) return absent('KVM_CHECK_EXTENSION(KVM_CAP_NESTED_STATE) is 0');
    const created = createWithCpuid(kvm);
    if (!created.ok) return failed(created.error);
    using fresh = created.value;
    const buffer = new Uint8Array(Math.max(maximum.value, HEADER_BYTES));
    const view = new DataView(buffer.buffer);
    view.setUint32(4, buffer.length, true);
    const got = fresh.vcpu.raw(KVM_GET_NESTED_STATE, buffer, `room for ${buffer.length} bytes`);
    if (!got.ok) return failed(got.error);
    const data: NestedData = {
      maximum: maximum.value,
      flags: view.getUint16(0, true),
      format: view.getUint16(2, true),
      size: view.getUint32(4, true),
      header: nonzeroWords(buffer.subarray(8, HEADER_BYTES)),
    };
    return measured(data);
  },
};
