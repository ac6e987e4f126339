/** What can go wrong between Evenkeel and a QMP server, as values. */
export type QmpError =
  /** Nobody listens there, or this user may not connect. */
  | { readonly code: 'unreachable'; readonly message: string }
  /** The connection ended: QEMU ended, or closed its monitor. */
  | { readonly code: 'closed'; readonly message: string }
  /** No answer within the time that it was given. The connection stays usable; a late answer is dropped. */
  | { readonly code: 'deadline'; readonly message: string }
  /** The peer does not speak QMP as it is specified. The connection was ended. */
  | { readonly code: 'protocol'; readonly message: string }
  /**
   * QEMU answered with an error. `class` is one of qapi/error.json's QapiErrorClass, of which only `CommandNotFound`,
   * `DeviceNotFound` and `DeviceNotActive` say something; the rest is `GenericError` with a text.
   */
  | { readonly code: 'command'; readonly command: string; readonly class: string; readonly message: string };

/** One line for people. */
export function describeQmpError(error: QmpError): string {
  switch (error.code) {
    case 'command':
      return error.class === 'GenericError'
        ? `${error.command}: ${error.message}`
        : `${error.command}: ${error.class}: ${error.message}`;
    case 'unreachable':
    case 'closed':
    case 'deadline':
    case 'protocol':
      return error.message;
  }
}
