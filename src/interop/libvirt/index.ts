/** libvirt's files: raw CPU dumps read as surfaces, and the CPU map's names of features. */
export { cpuDataSurface, isCpuData, readCpuData } from './cpudata.ts';
export { libvirtFeatures } from './features.ts';
export type { LibvirtFeature } from './features.ts';
export { parseXml } from './xml.ts';
export type { XmlElement, XmlFault } from './xml.ts';
