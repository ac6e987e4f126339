/** Names of the errno values that KVM returns. Source: asm-generic/errno-base.h and errno.h (x86_64 and arm64 agree). */
const NAMES: Readonly<Record<number, string>> = {
  // KVM_GET_MSRS and KVM_SET_MSRS stop at an MSR that they refuse and say nothing of why.
  0: 'no errno',
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  4: 'EINTR',
  5: 'EIO',
  6: 'ENXIO',
  7: 'E2BIG',
  8: 'ENOEXEC',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  20: 'ENOTDIR',
  21: 'EISDIR',
  22: 'EINVAL',
  23: 'ENFILE',
  24: 'EMFILE',
  25: 'ENOTTY',
  27: 'EFBIG',
  28: 'ENOSPC',
  34: 'ERANGE',
  36: 'ENAMETOOLONG',
  38: 'ENOSYS',
  61: 'ENODATA',
  71: 'EPROTO',
  75: 'EOVERFLOW',
  77: 'EBADFD',
  95: 'EOPNOTSUPP',
  105: 'ENOBUFS',
  110: 'ETIMEDOUT',
  512: 'ERESTARTSYS',
  524: 'ENOTSUPP',
};

/** The symbolic name, or `errno 123` where there is none here. */
export function errnoName(errno: number): string {
  return NAMES[errno] ?? `errno ${errno}`;
}
