/** libvirt's files: what its XML says of hosts and guests, and the CPU map that its names resolve through. */
export { cpuDataSurface, isCpuData, readCpuData } from './cpudata.ts';
export { CPU_MAP_DIRECTORY, CPU_MAP_VARIABLE, readArmMap, readX86Map } from './cpu-map.ts';
export type { ArmMap, CpuMapError, X86Map } from './cpu-map.ts';
export { libvirtFeatures } from './features.ts';
export type { LibvirtFeature } from './features.ts';
export { readLibvirt } from './read.ts';
export type { LibvirtDocument, ReadError } from './read.ts';
export { parseXml } from './xml.ts';
export type { XmlElement, XmlFault } from './xml.ts';
export { exportLibvirt } from './export.ts';
export { describeX86 } from './x86-export.ts';
export type { X86Described } from './x86-export.ts';
