/** A small CPU map in libvirt's form, so that reading and writing are tested where no libvirt is installed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const FILES: Readonly<Record<string, string>> = {
  'index.xml': `<cpus>
  <arch name='x86'>
    <include filename='x86_vendors.xml'/>
    <include filename='x86_features.xml'/>
    <group name='toys'><include filename='x86_models.xml'/></group>
  </arch>
  <arch name='arm'><include filename='arm_all.xml'/></arch>
</cpus>`,
  'x86_vendors.xml': `<cpus>
  <vendor name='Intel' string='GenuineIntel'/>
  <vendor name='AMD' string='AuthenticAMD'/>
</cpus>`,
  'x86_features.xml': `<cpus>
  <feature name='fpu'><cpuid eax_in='0x01' edx='0x00000001'/></feature>
  <feature name='sse2'><cpuid eax_in='0x01' edx='0x04000000'/></feature>
  <feature name='monitor'><cpuid eax_in='0x01' ecx='0x00000008'/></feature>
  <feature name='x2apic'><cpuid eax_in='0x01' ecx='0x00200000'/></feature>
  <feature name='osxsave'><cpuid eax_in='0x01' ecx='0x08000000'/></feature>
  <feature name='hypervisor'><cpuid eax_in='0x01' ecx='0x80000000'/></feature>
  <feature name='avx2'><cpuid eax_in='0x07' ebx='0x00000020'/></feature>
  <feature name='erms'><cpuid eax_in='0x07' ebx='0x00000200'/></feature>
  <feature name='svm'><cpuid eax_in='0x80000001' ecx='0x00000004'/></feature>
  <feature name='nrip-save'><cpuid eax_in='0x8000000a' edx='0x00000008'/></feature>
  <feature name='invtsc' migratable='no'><cpuid eax_in='0x80000007' edx='0x00000100'/></feature>
  <feature name='rdctl-no'><msr index='0x10a' edx='0x00000000' eax='0x00000001'/></feature>
</cpus>`,
  'x86_models.xml': `<cpus>
  <model name='qemu64'><decode host='on' guest='on'/><feature name='fpu'/></model>
  <model name='Opteron_G1'>
    <decode host='on' guest='on'/><signature family='15' model='6'/><vendor name='AMD'/>
    <feature name='fpu'/><feature name='sse2'/>
  </model>
  <model name='EPYC'>
    <decode host='on' guest='on'/><signature family='23' model='1'/><vendor name='AMD'/>
    <feature name='fpu'/><feature name='sse2'/><feature name='avx2'/><feature name='svm'/>
    <feature name='monitor' removed='yes'/>
  </model>
  <model name='EPYC-Rome'>
    <decode host='on' guest='on'/><model name='EPYC'/><signature family='23' model='49' stepping='0-1,3'/>
    <feature name='erms'/><feature name='nrip-save' added='yes'/>
  </model>
  <model name='Haswell'>
    <decode host='on' guest='on'/><signature family='6' model='60'/><vendor name='Intel'/>
    <feature name='fpu'/><feature name='sse2'/><feature name='avx2'/><feature name='erms'/>
  </model>
  <model name='EPYC-v1'><decode host='on' guest='off'/><model name='EPYC'/></model>
</cpus>`,
  'arm_all.xml': `<cpus>
  <vendor name='ARM' value='0x41'/>
  <feature name='sve'/><feature name='sve128'/><feature name='sve256'/><feature name='pauth'/>
  <model name='Neoverse-N1'><vendor name='ARM'/><pvr value='0xd0c'/></model>
</cpus>`,
};

const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true });
});

/** The directory; `changed` replaces files, or adds some. */
export function toyMap(changed: Readonly<Record<string, string>> = {}): string {
  const outer = mkdtempSync(join(tmpdir(), 'evenkeel-cpu-map-'));
  made.push(outer);
  const directory = join(outer, 'cpu_map');
  mkdirSync(directory);
  for (const [name, text] of Object.entries({ ...FILES, ...changed })) writeFileSync(join(directory, name), text);
  return directory;
}
