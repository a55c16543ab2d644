import { EpicsError, EpicsErrorCode, type EpicsErrorOptions } from '../util/index.ts';

/** What an error of the tree carries besides its message. */
export interface RogueErrorOptions extends EpicsErrorOptions {
  /** Path of the node that failed; its bare name before the tree is attached. */
  readonly path?: string;
  /** Replaces the default code of the class. */
  readonly code?: EpicsErrorCode;
}

/**
 * Root of all errors of the device tree.
 *
 * Texts that PyRogue programs match on keep PyRogue's wording.
 */
export class RogueError extends EpicsError {
  override readonly name: string = 'RogueError';
  /** Path of the node that failed, empty when unknown. */
  readonly path: string;

  constructor(code: EpicsErrorCode, message: string, options: RogueErrorOptions = {}) {
    super(options.code ?? code, message, options);
    this.path = options.path ?? '';
  }
}

/** The structure or the life cycle of the tree does not allow this. Code EPICS_CONFIG. */
export class NodeError extends RogueError {
  override readonly name = 'NodeError';
  constructor(message: string, options?: RogueErrorOptions) {
    super(EpicsErrorCode.Config, message, options);
  }
}

/** A device is built wrongly. Code EPICS_CONFIG. */
export class DeviceError extends RogueError {
  override readonly name = 'DeviceError';
  constructor(message: string, options?: RogueErrorOptions) {
    super(EpicsErrorCode.Config, message, options);
  }
}

/** A value does not fit its variable, or a variable is built wrongly. Code EPICS_CONVERT. */
export class VariableError extends RogueError {
  override readonly name = 'VariableError';
  constructor(message: string, options?: RogueErrorOptions) {
    super(EpicsErrorCode.Convert, message, options);
  }
}

/** A command failed or is built wrongly. Code EPICS_REMOTE. */
export class CommandError extends RogueError {
  override readonly name = 'CommandError';
  constructor(message: string, options?: RogueErrorOptions) {
    super(EpicsErrorCode.Remote, message, options);
  }
}

/** A memory transaction failed. Code EPICS_REMOTE, or EPICS_TIMEOUT when no answer came in time. */
export class MemoryError extends RogueError {
  override readonly name = 'MemoryError';
  constructor(message: string, options?: RogueErrorOptions) {
    super(EpicsErrorCode.Remote, message, options);
  }
}
