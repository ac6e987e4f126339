/** From what a person named to a document: files, recorded surfaces, this host, captures of other programs. */
import { existsSync } from 'node:fs';
import { canonicalContract } from '../arch/canonical-contract.ts';
import { describeDocumentError, readDocument } from '../format/index.ts';
import type { Document, DocumentError, NamedFingerprint } from '../format/index.ts';
import type { ReadError } from '../interop/libvirt/index.ts';
import { err, ok } from '../model/index.ts';
import type { Contract, Json, Result, Surface } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { readFirecracker } from './firecracker.ts';
import { probe } from './probe.ts';
import { recordedNames } from './recorded.ts';
import type { Terminal } from './terminal.ts';

export interface NamedSurface {
  readonly kind: 'surface';
  /** As the person named it. */
  readonly name: string;
  readonly surface: Surface;
}

/** As documents name a surface. */
export function fingerprinted({ name, surface }: NamedSurface): NamedFingerprint {
  return { name, fingerprint: surface.fingerprint };
}

export interface NamedContract {
  readonly kind: 'contract';
  readonly name: string;
  readonly contract: Contract;
}

export async function loadSurface(name: string, terminal: Terminal): Promise<Result<NamedSurface, Failure>> {
  const loaded = await load(name, terminal);
  if (!loaded.ok) return loaded;
  if (loaded.value.kind === 'surface') return ok(loaded.value);
  return err(failure(EXIT.input, `${name}: this is a contract, and a surface is wanted here`));
}

/** Several surfaces; the first failure ends it. */
export async function loadSurfaces(
  names: readonly string[],
  terminal: Terminal,
): Promise<Result<readonly NamedSurface[], Failure>> {
  const surfaces: NamedSurface[] = [];
  for (const name of names) {
    const loaded = await loadSurface(name, terminal);
    if (!loaded.ok) return loaded;
    surfaces.push(loaded.value);
  }
  return ok(surfaces);
}

/** A surface or a contract. A file of that name comes before a recorded surface; `./host` is a file, `host` is not. */
export async function load(name: string, terminal: Terminal): Promise<Result<NamedSurface | NamedContract, Failure>> {
  if (name === 'host') {
    const probed = await probe(terminal);
    return probed.ok ? ok({ kind: 'surface', name, surface: probed.value }) : probed;
  }
  const recorded = existsSync(name) ? undefined : recordedNames().find((candidate) => candidate.name === name);
  const read = await readDocument(recorded?.path ?? name);
  if (!read.ok) return err(inputFailure(read.error));
  return await toNamed(name, read.value, terminal);
}

async function toNamed(
  name: string,
  document: Document,
  terminal: Terminal,
): Promise<Result<NamedSurface | NamedContract, Failure>> {
  switch (document.kind) {
    case 'surface':
      return ok({ kind: 'surface', name, surface: document.surface });
    case 'contract':
      return ok({ kind: 'contract', name, contract: canonicalContract(document.contract) });
    case 'vmm-surface': {
      const message = `${name}: this says what ${document.surface.vmm.name} can do; what a host can do is wanted here`;
      return err(failure(EXIT.input, message, `evenkeel qemu show ${name} shows it.`));
    }
    case 'foreign':
      return await readForeign(name, document.json);
    case 'xml':
      return await readXml(name, document.text, terminal);
  }
}

const CAPTURES =
  "Captures that are read: what Firecracker's cpu-template-helper dumps (fingerprint dump, template dump) and libvirt's XML: domains, <cpu>, capabilities, domain capabilities, raw CPU dumps (<cpudata>).";

/** A capture of another program, told by its shape. */
async function readForeign(name: string, json: Json): Promise<Result<NamedSurface, Failure>> {
  const read = await readFirecracker(name, json);
  if (read !== null) return read.ok ? ok({ kind: 'surface', name, surface: read.value }) : read;
  const message = `${name}: it names no format, and is no capture of another program that Evenkeel reads`;
  return err(failure(EXIT.input, message, CAPTURES));
}

/** A file of libvirt's, told by what it holds. */
async function readXml(
  name: string,
  text: string,
  terminal: Terminal,
): Promise<Result<NamedSurface | NamedContract, Failure>> {
  // Loaded when there is XML to read: the parser would cost every other command its loading time.
  const { readLibvirt } = await import('../interop/libvirt/index.ts');
  const read = readLibvirt(text, name);
  if (!read.ok) return err(xmlFailure(name, read.error));
  for (const note of read.value.notes) terminal.note(`${name}: ${note}`);
  return read.value.kind === 'surface'
    ? ok({ kind: 'surface', name, surface: read.value.surface })
    : ok({ kind: 'contract', name, contract: canonicalContract(read.value.contract) });
}

function xmlFailure(name: string, error: ReadError): Failure {
  switch (error.kind) {
    case 'map':
      return failure(EXIT.input, `${name}: ${error.error.message}`, error.error.advice);
    case 'xml': {
      const { line, message } = error.fault;
      return failure(EXIT.input, `${name}: ${line === null ? message : `line ${line}: ${message}`}`);
    }
  }
}

export function inputFailure(error: DocumentError): Failure {
  const advice =
    error.code === 'missing'
      ? `A surface is a file, "host" for this host, or one of ${recordedNames().length} recorded ones: evenkeel surface list`
      : error.code === 'newer-format'
        ? 'Update Evenkeel, or write the file again with this version.'
        : undefined;
  return failure(EXIT.input, describeDocumentError(error), advice);
}
