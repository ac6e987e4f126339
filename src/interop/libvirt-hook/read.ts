/**
 * Reads the hook's answers without the schemas, whose loading would cost more than all the rest of the hook. A test holds
 * it against them. Everything that is used is checked; anything odd makes the whole file unreadable.
 */
import { readFileSync } from 'node:fs';
import { LIBVIRT_ANSWERS_FORMAT } from '../../model/libvirt-answers.ts';
import type { LibvirtAnswers } from '../../model/libvirt-answers.ts';
import { err, ok } from '../../model/result.ts';
import type { Result } from '../../model/result.ts';
import { LEVELS } from '../../model/verdict.ts';

/** The answers in this file, or why there are none. */
export function readAnswersFile(path: string): Result<LibvirtAnswers, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return err(
      code === 'ENOENT'
        ? `no answers were made yet (${path}): evenkeel libvirt cache`
        : `the answers cannot be read (${path}: ${code})`,
    );
  }
  const answers = readAnswers(text);
  return answers === null
    ? err(`the answers are damaged, or of another version (${path}): make them again: evenkeel libvirt cache`)
    : ok(answers);
}

/** Null where the text is not what `libvirt cache` writes. */
export function readAnswers(text: string): LibvirtAnswers | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  return isAnswers(parsed) ? parsed : null;
}

function isAnswers(value: unknown): value is LibvirtAnswers {
  if (!isObject(value) || value['format'] !== LIBVIRT_ANSWERS_FORMAT) return false;
  const { prepared, host, surface, vmm, contracts, guests, others } = value;
  if (!isObject(prepared) || typeof prepared['at'] !== 'string' || typeof prepared['by'] !== 'string') return false;
  if (!isHost(host) || typeof surface !== 'string' || !isTextOrNull(vmm)) return false;
  if (!Array.isArray(contracts) || !contracts.every(isContract) || !Array.isArray(guests)) return false;
  const isIndex = (at: unknown): boolean => typeof at === 'number' && contracts[at] !== undefined;
  return (
    guests.every((each) => isObject(each) && typeof each['guest'] === 'string' && isIndex(each['contract'])) &&
    (others === null || isIndex(others))
  );
}

function isHost(host: unknown): boolean {
  if (!isObject(host)) return false;
  const { kernelRelease, kernelVersion, cpu, modules, commandLine } = host;
  return (
    typeof kernelRelease === 'string' &&
    typeof kernelVersion === 'string' &&
    isObject(cpu) &&
    isTexts(commandLine) &&
    Array.isArray(modules) &&
    modules.every((each) => isObject(each) && typeof each['name'] === 'string' && isObject(each['parameters']))
  );
}

function isContract(contract: unknown): boolean {
  if (!isObject(contract)) return false;
  const { file, level, reasons, more } = contract;
  const known: readonly unknown[] = LEVELS;
  return typeof file === 'string' && known.includes(level) && isTexts(reasons) && typeof more === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}
