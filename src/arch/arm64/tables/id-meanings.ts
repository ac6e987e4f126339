/**
 * What the fields of the AArch64 ID registers stand for, in a few words: the architecture's name of the feature (FEAT_…),
 * what it is, what becomes of a guest that loses it, and Linux's name of it in /proc/cpuinfo. Facts: Arm ARM (DDI 0487)
 * D24.2 and A2, field names and enumerations as in Linux 7.3, Documentation/arch/arm64/elf_hwcaps.rst and
 * arch/arm64/kernel/cpuinfo.c.
 */
export type Loss =
  /** Programs run its instructions. */
  | 'instruction'
  /** A kernel turned it on in a system register, or lays out translation tables by it. */
  | 'control'
  /** A hypervisor in the guest needs it. */
  | 'hypervisor'
  /** AArch32 code needs it. */
  | 'aarch32'
  /** Counters, profiling, tracing. */
  | 'monitor'
  | 'debug'
  /** How the CPU speculates, by which a kernel chooses its mitigations. */
  | 'mitigation'
  /** It runs the same, slower. */
  | 'speed'
  /** How errors are reported. */
  | 'errors'
  /** Only firmware uses it. */
  | 'firmware'
  /** A size or a number that code relies on. */
  | 'size';

export type MeaningRow = readonly [loss: Loss, meaning: string, linux?: string];

const AARCH64: Readonly<Record<string, Readonly<Record<string, MeaningRow>>>> = {
  ID_AA64PFR0_EL1: {
    EL0: ['aarch32', 'execution states of programs (EL0): 1 AArch64, 2 AArch32 too'],
    EL1: ['aarch32', 'execution states of kernels (EL1): 1 AArch64, 2 AArch32 too'],
    EL2: ['hypervisor', 'whether there is EL2, for hypervisors, and its execution states'],
    EL3: ['firmware', 'whether there is EL3, for secure firmware, and its execution states'],
    FP: ['instruction', 'FEAT_FP, and at 1 FEAT_FP16: floating point; 0xf: none', 'fp, fphp'],
    AdvSIMD: ['instruction', 'FEAT_AdvSIMD, and at 1 FEAT_FP16: vectors of 128 bits; 0xf: none', 'asimd, asimdhp'],
    GIC: ['control', 'system registers of the GIC: 1 GICv3 and v4.0, 3 v4.1'],
    RAS: ['errors', 'FEAT_RAS: error records, ESB, deferred SError'],
    SVE: ['instruction', 'FEAT_SVE: scalable vectors', 'sve'],
    SEL2: ['firmware', 'FEAT_SEL2: secure EL2'],
    MPAM: ['control', 'FEAT_MPAM: partitioning of caches and memory bandwidth, major version'],
    AMU: ['monitor', 'FEAT_AMUv1: activity monitors'],
    DIT: ['instruction', 'FEAT_DIT: instructions whose time does not depend on data', 'dit'],
    RME: ['firmware', 'FEAT_RME: realms'],
    CSV2: ['mitigation', 'FEAT_CSV2: branch targets are not trained by other contexts; 2: SCXTNUM_ELx'],
    CSV3: ['mitigation', 'FEAT_CSV3: no speculative use of data that must not be read (Meltdown)'],
  },
  ID_AA64PFR1_EL1: {
    BT: ['instruction', 'FEAT_BTI: branch target identification', 'bti'],
    SSBS: [
      'mitigation',
      'FEAT_SSBS: speculative store bypass can be turned off; 2: by MSR and MRS in programs',
      'ssbs',
    ],
    MTE: ['instruction', 'FEAT_MTE, 2 FEAT_MTE2, 3 FEAT_MTE3: memory tagging', 'mte, mte3'],
    RAS_frac: ['errors', 'FEAT_RASv1p1 where RAS is 1'],
    MPAM_frac: ['control', 'FEAT_MPAM, minor version'],
    SME: ['instruction', 'FEAT_SME, 2 FEAT_SME2: matrices and streaming vectors', 'sme, sme2'],
    RNDR_trap: ['firmware', 'FEAT_RNG_TRAP: RNDR can be trapped to EL3'],
    CSV2_frac: ['mitigation', 'FEAT_CSV2_1p1, FEAT_CSV2_1p2 where CSV2 is 1'],
    NMI: ['control', 'FEAT_NMI: interrupts that cannot be masked'],
    MTE_frac: ['instruction', 'FEAT_MTE_ASYNC where MTE is 2: asynchronous tag faults; 0xf: none'],
    GCS: ['instruction', 'FEAT_GCS: guarded control stacks', 'gcs'],
    THE: ['control', 'FEAT_THE: hardening of translation tables'],
    MTEX: ['instruction', 'FEAT_MTE_CANONICAL_TAGS, FEAT_MTE_NO_ADDRESS_TAGS'],
    DF2: ['errors', 'FEAT_DoubleFault2: SError while it is masked'],
    PFAR: ['errors', 'FEAT_PFAR: the physical address of a fault'],
  },
  ID_AA64PFR2_EL1: {
    MTEPERM: ['control', 'FEAT_MTE_PERM: permission to access tags'],
    MTESTOREONLY: ['instruction', 'FEAT_MTE_STORE_ONLY: only stores are checked', 'mtestoreonly'],
    MTEFAR: ['control', 'FEAT_MTE_TAGGED_FAR: the faulting address with its tag', 'mtefar'],
    GCIE: ['control', 'FEAT_GCIE: the CPU interface of the GICv5'],
    UINJ: ['control', 'FEAT_UINJ: undefined-instruction exceptions can be injected'],
    FPMR: ['instruction', 'FEAT_FPMR: the mode register of 8-bit floating point', 'fpmr'],
  },
  ID_AA64ZFR0_EL1: {
    SVEver: ['instruction', 'FEAT_SVE2 (1), FEAT_SVE2p1 (2), and later', 'sve2, sve2p1'],
    AES: ['instruction', 'FEAT_SVE_AES, 2 FEAT_SVE_PMULL128', 'sveaes, svepmull'],
    EltPerm: ['instruction', 'FEAT_SVE2p2 permutations of elements', 'sve_eltperm'],
    BitPerm: ['instruction', 'FEAT_SVE_BitPerm: bit permutations', 'svebitperm'],
    BF16: ['instruction', 'FEAT_BF16 in SVE, 2 FEAT_EBF16', 'svebf16, sveebf16'],
    B16B16: ['instruction', 'FEAT_SVE_B16B16: BFloat16 arithmetic', 'sveb16b16'],
    SHA3: ['instruction', 'FEAT_SVE_SHA3', 'svesha3'],
    SM4: ['instruction', 'FEAT_SVE_SM4', 'svesm4'],
    I8MM: ['instruction', 'FEAT_I8MM in SVE: matrices of 8-bit integers', 'svei8mm'],
    F16MM: ['instruction', 'FEAT_SVE_F16F32MM: half-precision matrices'],
    F32MM: ['instruction', 'FEAT_F32MM: single-precision matrices', 'svef32mm'],
    F64MM: ['instruction', 'FEAT_F64MM: double-precision matrices', 'svef64mm'],
  },
  ID_AA64DFR0_EL1: {
    DebugVer: [
      'debug',
      'version of the debug architecture: 6 Armv8, 7 VHE, 8 FEAT_Debugv8p2, 9 v8p4, 10 v8p8, 11 v8p9',
    ],
    TraceVer: ['monitor', 'whether trace registers are system registers'],
    PMUVer: ['monitor', 'FEAT_PMUv3 and its versions; 0xf: a PMU of another kind'],
    BRPs: ['debug', 'breakpoints, less one'],
    PMSS: ['monitor', 'FEAT_PMUv3_SS: snapshots of counters'],
    WRPs: ['debug', 'watchpoints, less one'],
    SEBEP: ['monitor', 'FEAT_SEBEP: synchronous exceptions of counters'],
    CTX_CMPs: ['debug', 'breakpoints that know the context, less one'],
    PMSVer: ['monitor', 'FEAT_SPE: statistical profiling, version'],
    DoubleLock: ['debug', 'FEAT_DoubleLock: OSDLR_EL1; 0xf: none'],
    TraceFilt: ['monitor', 'FEAT_TRF: tracing by exception level'],
    TraceBuffer: ['monitor', 'FEAT_TRBE: trace buffer'],
    MTPMU: ['monitor', 'FEAT_MTPMU: counters of several threads; 0xf: none'],
    BRBE: ['monitor', 'FEAT_BRBE: branch records'],
    ExtTrcBuff: ['monitor', 'FEAT_TRBE_EXT: trace buffer outside of the CPU'],
    HPMN0: ['monitor', 'FEAT_HPMN0: no counter at all for EL1 is allowed'],
  },
  ID_AA64DFR1_EL1: {
    SYSPMUID: ['monitor', 'id of the system PMU'],
    BRPs: ['debug', 'breakpoints above 16'],
    WRPs: ['debug', 'watchpoints above 16'],
    CTX_CMPs: ['debug', 'breakpoints that know the context, above 16'],
    SPMU: ['monitor', 'FEAT_SPMU: system PMU'],
    PMICNTR: ['monitor', 'FEAT_PMUv3_ICNTR: a fixed instruction counter'],
    ABLE: ['debug', 'FEAT_ABLE: linked breakpoints'],
    ITE: ['monitor', 'FEAT_ITE: instrumentation trace'],
    EBEP: ['monitor', 'FEAT_EBEP: exceptions of counters'],
    DPFZS: ['monitor', 'PMCCNTR_EL0 freezes with statistical profiling'],
    ABL_CMPs: ['debug', 'breakpoints that can link addresses, less one'],
  },
  ID_AA64DFR2_EL1: {
    STEP: ['debug', 'FEAT_STEP2: single-stepping, second form'],
    BWE: ['debug', 'FEAT_BWE, FEAT_BWE2: breakpoints on mismatch and ranges'],
    SPE_EXC: ['monitor', 'FEAT_SPE_EXC: exceptions of statistical profiling'],
    SPE_nVM: ['monitor', 'FEAT_SPE_nVM: profiling buffers by physical address'],
    TRBE_EXC: ['monitor', 'FEAT_TRBE_EXC: exceptions of the trace buffer'],
  },
  ID_AA64ISAR0_EL1: {
    AES: ['instruction', 'FEAT_AES, 2 FEAT_PMULL', 'aes, pmull'],
    SHA1: ['instruction', 'FEAT_SHA1', 'sha1'],
    SHA2: ['instruction', 'FEAT_SHA256, 2 FEAT_SHA512', 'sha2, sha512'],
    CRC32: ['instruction', 'FEAT_CRC32', 'crc32'],
    ATOMIC: ['instruction', 'FEAT_LSE: atomic instructions; 3 FEAT_LSE128', 'atomics, lse128'],
    RDM: ['instruction', 'FEAT_RDM: rounding multiply-accumulate', 'asimdrdm'],
    SHA3: ['instruction', 'FEAT_SHA3', 'sha3'],
    SM3: ['instruction', 'FEAT_SM3', 'sm3'],
    SM4: ['instruction', 'FEAT_SM4', 'sm4'],
    DP: ['instruction', 'FEAT_DotProd: dot products', 'asimddp'],
    FHM: ['instruction', 'FEAT_FHM: half-precision multiply-accumulate', 'asimdfhm'],
    TS: ['instruction', 'FEAT_FlagM, 2 FEAT_FlagM2: condition flags', 'flagm, flagm2'],
    TLB: ['control', 'FEAT_TLBIOS, 2 FEAT_TLBIRANGE: TLB invalidation in the outer domain, by range'],
    RNDR: ['instruction', 'FEAT_RNG: random numbers', 'rng'],
  },
  ID_AA64ISAR1_EL1: {
    DPB: ['instruction', 'FEAT_DPB, 2 FEAT_DPB2: cache cleaning to persistence', 'dcpop, dcpodp'],
    APA: ['instruction', 'FEAT_PAuth with QARMA5: pointer authentication, its version', 'paca'],
    API: ['instruction', 'FEAT_PAuth with an algorithm of the implementer: its version', 'paca'],
    JSCVT: ['instruction', 'FEAT_JSCVT: conversion for JavaScript', 'jscvt'],
    FCMA: ['instruction', 'FEAT_FCMA: complex numbers', 'fcma'],
    LRCPC: [
      'instruction',
      'FEAT_LRCPC, 2 FEAT_LRCPC2, 3 FEAT_LRCPC3: loads with weaker acquire',
      'lrcpc, ilrcpc, lrcpc3',
    ],
    GPA: ['instruction', 'FEAT_PACQARMA5: PACGA with QARMA5', 'pacg'],
    GPI: ['instruction', 'FEAT_PACIMP: PACGA with an algorithm of the implementer', 'pacg'],
    FRINTTS: ['instruction', 'FEAT_FRINTTS: rounding to integer sizes', 'frint'],
    SB: ['instruction', 'FEAT_SB: speculation barrier', 'sb'],
    SPECRES: ['instruction', 'FEAT_SPECRES, 2 FEAT_SPECRES2: predictions can be restricted'],
    BF16: ['instruction', 'FEAT_BF16, 2 FEAT_EBF16: BFloat16', 'bf16, ebf16'],
    DGH: ['speed', 'FEAT_DGH: hint against gathering', 'dgh'],
    I8MM: ['instruction', 'FEAT_I8MM: matrices of 8-bit integers', 'i8mm'],
    XS: ['control', 'FEAT_XS: TLB invalidation and barriers that do not wait for slow devices'],
    LS64: ['instruction', 'FEAT_LS64 and later: accesses of 64 bytes', 'ls64, ls64_v'],
  },
  ID_AA64ISAR2_EL1: {
    WFxT: ['instruction', 'FEAT_WFxT: WFE and WFI with a timeout', 'wfxt'],
    RPRES: ['instruction', 'FEAT_RPRES: more precise reciprocal estimates', 'rpres'],
    GPA3: ['instruction', 'FEAT_PACQARMA3: PACGA with QARMA3', 'pacg'],
    APA3: ['instruction', 'FEAT_PAuth with QARMA3: its version', 'paca'],
    MOPS: ['instruction', 'FEAT_MOPS: copying and setting memory', 'mops'],
    BC: ['instruction', 'FEAT_HBC: branches with a hint of consistency', 'hbc'],
    PAC_frac: ['instruction', 'FEAT_CONSTPACFIELD: the size of a signature does not depend on the address'],
    CLRBHB: ['mitigation', 'FEAT_CLRBHB: the branch history can be cleared'],
    SYSREG_128: ['control', 'FEAT_SYSREG128: 128-bit system registers'],
    SYSINSTR_128: ['control', 'FEAT_SYSINSTR128: 128-bit system instructions'],
    PRFMSLC: ['speed', 'FEAT_PRFMSLC: prefetch into the system cache'],
    PCDPHINT: ['speed', 'FEAT_PCDPHINT: hints for producers and consumers'],
    RPRFM: ['speed', 'FEAT_RPRFM: prefetch of ranges', 'rprfm'],
    CSSC: ['instruction', 'FEAT_CSSC, 2 FEAT_CMPBR: short sequences in one instruction', 'cssc, cmpbr'],
    LUT: ['instruction', 'FEAT_LUT: table look-up', 'lut'],
    ATS1A: ['instruction', 'FEAT_ATS1A: address translation without permissions'],
  },
  ID_AA64ISAR3_EL1: {
    CPA: ['instruction', 'FEAT_CPA, 2 FEAT_CPA2: checked pointer arithmetic'],
    FAMINMAX: ['instruction', 'FEAT_FAMINMAX: absolute minimum and maximum', 'faminmax'],
    TLBIW: ['control', 'FEAT_TLBIW: TLB invalidation for what is dirty'],
    PACM: ['instruction', 'FEAT_PAuth_LR: PACM'],
    LSFE: ['instruction', 'FEAT_LSFE: atomic floating point', 'lsfe'],
    OCCMO: ['instruction', 'FEAT_OCCMO: cleaning of the outer cache'],
    LSUI: ['instruction', 'FEAT_LSUI: unprivileged atomics'],
    FPRCVT: ['instruction', 'FEAT_FPRCVT: conversions between registers', 'fprcvt'],
  },
  ID_AA64MMFR0_EL1: {
    PARANGE: ['size', 'physical address bits: 0 to 7 are 32, 36, 40, 42, 44, 48, 52, 56'],
    ASIDBITS: ['size', 'ASID bits: 0 is 8, 2 is 16'],
    BIGEND: ['control', 'FEAT_MixedEnd: big-endian data'],
    SNSMEM: ['firmware', 'secure and non-secure memory are told apart'],
    BIGENDEL0: ['control', 'FEAT_MixedEndEL0: big-endian data at EL0'],
    TGRAN16: ['control', 'translation granule of 16 KiB; 2: with 52-bit addresses'],
    TGRAN64: ['control', 'translation granule of 64 KiB; 0xf: none'],
    TGRAN4: ['control', 'translation granule of 4 KiB; 1: with 52-bit addresses; 0xf: none'],
    TGRAN16_2: ['hypervisor', 'FEAT_S2TGran16K: granule of 16 KiB at stage 2'],
    TGRAN64_2: ['hypervisor', 'FEAT_S2TGran64K: granule of 64 KiB at stage 2'],
    TGRAN4_2: ['hypervisor', 'FEAT_S2TGran4K: granule of 4 KiB at stage 2'],
    EXS: ['control', 'FEAT_ExS: exceptions that do not synchronize'],
    FGT: ['hypervisor', 'FEAT_FGT, 2 FEAT_FGT2: fine-grained traps'],
    ECV: ['control', 'FEAT_ECV: self-synchronized counters; 2: CNTPOFF_EL2', 'ecv'],
  },
  ID_AA64MMFR1_EL1: {
    HAFDBS: ['control', 'FEAT_HAFDBS: hardware sets the access flag (1) and the dirty state (2); 3 FEAT_HAFT'],
    VMIDBits: ['size', 'FEAT_VMID16: VMID bits: 0 is 8, 2 is 16'],
    VH: ['hypervisor', 'FEAT_VHE: a kernel can run at EL2'],
    HPDS: ['control', 'FEAT_HPDS, 2 FEAT_HPDS2: permissions in upper tables can be turned off'],
    LO: ['control', 'FEAT_LOR: limited ordering regions'],
    PAN: ['control', 'FEAT_PAN, 2 FEAT_PAN2, 3 FEAT_PAN3: no access of the kernel to memory of programs'],
    SpecSEI: ['errors', 'speculative accesses can raise SError'],
    XNX: ['hypervisor', 'FEAT_XNX: execute-never by exception level at stage 2'],
    TWED: ['hypervisor', 'FEAT_TWED: WFE is trapped after a delay'],
    ETS: ['control', 'FEAT_ETS2 and later: ordering of translation walks'],
    HCX: ['hypervisor', 'FEAT_HCX: HCRX_EL2'],
    AFP: ['instruction', 'FEAT_AFP: alternate floating-point behaviour', 'afp'],
    nTLBPA: ['mitigation', 'FEAT_nTLBPA: no intermediate caching by physical address'],
    TIDCP1: ['control', 'FEAT_TIDCP1: registers of the implementer can be trapped to EL1'],
    CMOW: ['control', 'FEAT_CMOW: cache maintenance needs permission to write'],
    ECBHB: ['mitigation', 'FEAT_ECBHB: exceptions keep the branch history apart'],
  },
  ID_AA64MMFR2_EL1: {
    CnP: ['control', 'FEAT_TTCNP: translations common to several CPUs'],
    UAO: ['control', 'FEAT_UAO: unprivileged loads and stores can be overridden'],
    LSM: ['control', 'FEAT_LSMAOC: atomicity of load and store multiple'],
    IESB: ['errors', 'FEAT_IESB: implicit error synchronization'],
    VARange: ['size', 'FEAT_LVA: virtual address bits: 0 is 48, 1 is 52'],
    CCIDX: ['size', 'FEAT_CCIDX: CCSIDR_EL1 of 64 bits'],
    NV: ['hypervisor', 'FEAT_NV, 2 FEAT_NV2: nested virtualization'],
    ST: ['control', 'FEAT_TTST: small translation tables'],
    AT: ['instruction', 'FEAT_LSE2: unaligned single-copy atomicity', 'uscat'],
    IDS: ['control', 'FEAT_IDST: accesses to ID registers are told as such'],
    FWB: ['hypervisor', 'FEAT_S2FWB: stage 2 can force write-back'],
    TTL: ['control', 'FEAT_TTL: TLB invalidation with the level of the table'],
    BBM: ['control', 'FEAT_BBM: changing the size of a block without break-before-make'],
    EVT: ['hypervisor', 'FEAT_EVT: more traps for TLB and cache maintenance'],
    E0PD: ['mitigation', 'FEAT_E0PD: half of the address space can be closed to programs'],
  },
  ID_AA64MMFR3_EL1: {
    TCRX: ['control', 'FEAT_TCR2: TCR2_EL1'],
    SCTLRX: ['control', 'FEAT_SCTLR2: SCTLR2_EL1'],
    S1PIE: ['control', 'FEAT_S1PIE: permission indirection at stage 1'],
    S2PIE: ['hypervisor', 'FEAT_S2PIE: permission indirection at stage 2'],
    S1POE: ['control', 'FEAT_S1POE: permission overlays at stage 1, the protection keys of Linux', 'poe'],
    S2POE: ['hypervisor', 'FEAT_S2POE: permission overlays at stage 2'],
    AIE: ['control', 'FEAT_AIE: memory attribute indirection'],
    MEC: ['firmware', 'FEAT_MEC: memory encryption contexts'],
    D128: ['control', 'FEAT_D128: 128-bit translation tables'],
    D128_2: ['hypervisor', 'FEAT_D128 at stage 2'],
    SNERR: ['errors', 'how errors of synchronous reads of normal memory are reported'],
    ANERR: ['errors', 'how errors of asynchronous accesses to normal memory are reported'],
    SDERR: ['errors', 'how errors of synchronous reads of devices are reported'],
    ADERR: ['errors', 'how errors of asynchronous accesses to devices are reported'],
    Spec_FPACC: ['mitigation', 'speculation after a failed authentication does not leak it'],
  },
  ID_AA64MMFR4_EL1: {
    PoPS: ['firmware', 'FEAT_PoPS: cleaning to the point of physical storage'],
    EIESB: ['errors', 'early implicit error synchronization'],
    ASID2: ['control', 'FEAT_ASID2: two ASIDs at once'],
    HACDBS: ['hypervisor', 'FEAT_HACDBS: cleaning of dirty state by hardware'],
    FGWTE3: ['firmware', 'FEAT_FGWTE3: fine-grained write traps to EL3'],
    NV_frac: ['hypervisor', 'FEAT_NV2 without FEAT_NV, FEAT_NV2p1'],
    E2H0: ['hypervisor', 'FEAT_E2H0: whether HCR_EL2.E2H can be 0; negative: it cannot'],
    RMEGDI: ['firmware', 'FEAT_RME_GDI: granule data isolation'],
    EAESR: ['errors', 'FEAT_EAESR: more detail of external aborts'],
    E3DSE: ['firmware', 'FEAT_E3DSE: delegated SError from EL3'],
    TLBID: ['control', 'FEAT_TLBID: TLB invalidation by domain'],
    SRMASK: ['control', 'FEAT_SRMASK: writes of system registers can be masked'],
    TPS: ['control', 'granule of the TLB maintenance by range'],
    TEV: ['control', 'FEAT_TEV: traps of events'],
    SCRX: ['firmware', 'FEAT_SCRX: SCR2_EL3'],
    MTEFGT: ['hypervisor', 'fine-grained traps of memory tagging'],
  },
};

/** The feature ID space for AArch32: a word for each register, and the fields that guests were seen to lose. */
const AARCH32: Readonly<Record<string, string>> = {
  ID_PFR0_EL1: 'AArch32 processor features',
  ID_PFR1_EL1: 'AArch32 processor features',
  ID_PFR2_EL1: 'AArch32 processor features',
  ID_DFR0_EL1: 'AArch32 debug features',
  ID_DFR1_EL1: 'AArch32 debug features',
  ID_MMFR0_EL1: 'AArch32 memory model',
  ID_MMFR1_EL1: 'AArch32 memory model',
  ID_MMFR2_EL1: 'AArch32 memory model',
  ID_MMFR3_EL1: 'AArch32 memory model',
  ID_MMFR4_EL1: 'AArch32 memory model',
  ID_MMFR5_EL1: 'AArch32 memory model',
  ID_ISAR0_EL1: 'AArch32 instructions',
  ID_ISAR1_EL1: 'AArch32 instructions',
  ID_ISAR2_EL1: 'AArch32 instructions',
  ID_ISAR3_EL1: 'AArch32 instructions',
  ID_ISAR4_EL1: 'AArch32 instructions',
  ID_ISAR5_EL1: 'AArch32 instructions',
  ID_ISAR6_EL1: 'AArch32 instructions',
  MVFR0_EL1: 'AArch32 floating point and vectors',
  MVFR1_EL1: 'AArch32 floating point and vectors',
  MVFR2_EL1: 'AArch32 floating point and vectors',
};

/** Registers whose fields share one description, each with what they describe. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, MeaningRow>>>> = {
  CTR_EL0: {
    IminLine: ['size', 'smallest line of the instruction caches, log2 of words: the step of cache maintenance'],
    L1Ip: ['size', 'policy of the L1 instruction cache: 2 VIPT, 3 PIPT'],
    DminLine: ['size', 'smallest line of the data caches, log2 of words: the step of cache maintenance'],
    ERG: ['size', 'exclusives reservation granule, log2 of words; 0: not told'],
    CWG: ['size', 'cache write-back granule, log2 of words; 0: not told'],
    IDC: ['control', 'new instructions need no cleaning of the data cache'],
    DIC: ['control', 'new instructions need no invalidation of the instruction cache'],
    TminLine: ['size', 'smallest line of tags, log2 of words'],
  },
  DCZID_EL0: {
    BS: ['size', 'bytes that DC ZVA clears, log2 of words'],
    DZP: ['instruction', 'DC ZVA is prohibited'],
  },
  MIDR_EL1: {
    Revision: ['errors', 'revision of the CPU, pN'],
    PartNum: ['errors', 'part number, of the implementer'],
    Architecture: ['errors', 'architecture; 0xf: told by the ID registers'],
    Variant: ['errors', 'variant of the CPU, rN'],
    Implementer: ['errors', 'who made the CPU'],
  },
  REVIDR_EL1: { Value: ['errors', 'which errata this revision has mended, of the implementer'] },
  AIDR_EL1: { Value: ['errors', 'auxiliary id of the implementer'] },
  PMCR_EL0: {
    E: ['monitor', 'counters count'],
    P: ['monitor', 'resets the event counters; reads as 0'],
    C: ['monitor', 'resets the cycle counter; reads as 0'],
    D: ['monitor', 'the cycle counter counts every 64th cycle'],
    X: ['monitor', 'events are exported'],
    DP: ['monitor', 'the cycle counter stops where counting is prohibited'],
    LC: ['monitor', 'the cycle counter overflows at 64 bits'],
    LP: ['monitor', 'event counters overflow at 64 bits'],
    FZO: ['monitor', 'counters freeze when one overflows'],
    FZS: ['monitor', 'counters freeze with statistical profiling'],
    N: ['monitor', 'how many event counters the guest has'],
    IDCODE: ['monitor', 'code of the PMU, of the implementer'],
    IMP: ['monitor', "code of the PMU's implementer; 0: as MIDR_EL1"],
  },
  CLIDR_EL1: {
    LoUIS: ['size', 'level of unification, inner shareable'],
    LoC: ['size', 'level of coherence'],
    LoUU: ['size', 'level of unification, one CPU'],
    ICB: ['size', 'inner cache boundary'],
    Ttypen: ['size', 'caches of tags, two bits a level'],
  },
  GMID_EL1: { BS: ['size', 'tags that LDGM and STGM move, log2 of words'] },
  CCSIDR2_EL1: { NumSets: ['size', 'sets, less one'] },
  SMIDR_EL1: {
    AFFINITY: ['speed', 'which CPUs share a unit for streaming vectors'],
    SH: ['speed', 'whether CPUs share a unit for streaming vectors'],
    SMPS: ['control', 'priorities of streaming execution'],
    REVISION: ['errors', 'revision of the unit for streaming vectors'],
    IMPLEMENTER: ['errors', 'who made the unit for streaming vectors'],
    AFFINITY2: ['speed', 'which CPUs share a unit for streaming vectors, upper bits'],
    HIP: ['control', 'how priorities are taken'],
    NSMC: ['speed', 'how many units for streaming vectors there are, less one'],
  },
  CCSIDR_EL1: {
    LineSize: ['size', 'line, log2 of words less two'],
    Associativity: ['size', 'ways, less one'],
    NumSets: ['size', 'sets, less one'],
    WA: ['speed', 'write-allocation'],
    RA: ['speed', 'read-allocation'],
    WB: ['speed', 'write-back'],
    WT: ['speed', 'write-through'],
  },
};

export interface Meaning {
  readonly loss: Loss;
  readonly text: string;
  /** /proc/cpuinfo's names. */
  readonly linux: string | null;
}

/** Of a field of an ID register; null where no table has it. */
export function meaningOf(register: string, field: string): Meaning | null {
  const row = AARCH64[register]?.[field] ?? OTHERS[register]?.[field] ?? matrix(register, field);
  if (row !== null) return { loss: row[0], text: row[1], linux: row[2] ?? null };
  const aarch32 = AARCH32[register];
  if (aarch32 !== undefined) return { loss: 'aarch32', text: `${aarch32}: ${field}`, linux: null };
  return null;
}

/** Registers whose fields are formats of data that instructions work on, and numbered fields. */
function matrix(register: string, field: string): MeaningRow | null {
  if (register === 'ID_AA64SMFR0_EL1') {
    if (field === 'SMEver') return ['instruction', 'FEAT_SME2 and later: version of SME', 'sme2'];
    if (field === 'FA64') return ['instruction', 'FEAT_SME_FA64: all of A64 in streaming mode', 'smefa64'];
    return ['instruction', `SME with ${field}`, `sme${field.toLowerCase()}`];
  }
  if (register === 'ID_AA64FPFR0_EL1') return ['instruction', `8-bit floating point: ${field}`];
  if (/^ID_(AA64)?AFR[01]_EL1$/.test(register)) return ['errors', `${field}: of the implementer`];
  const level = /^Ctype([1-7])$/.exec(field)?.[1];
  if (level !== undefined) {
    return ['size', `kind of the level-${level} cache: 1 instructions, 2 data, 3 both apart, 4 unified`];
  }
  return null;
}
