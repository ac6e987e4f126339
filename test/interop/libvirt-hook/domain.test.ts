import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDomain } from '../../../src/interop/libvirt-hook/domain.ts';
import { UUID, domainXml } from './answers.ts';

const OTHER = '00000000-0000-0000-0000-000000000001';

describe("of a domain's XML", () => {
  test('type and UUID', () => {
    expect(readDomain(domainXml('kvm', UUID.toUpperCase()))).toEqual({ type: 'kvm', uuid: UUID });
  });

  test.each([
    ['metadata', `<metadata><my:guest xmlns:my="u"><uuid>${OTHER}</uuid></my:guest></metadata>`],
    ['a comment', `<!-- <uuid>${OTHER}</uuid> -->`],
    ['CDATA', `<title><![CDATA[<uuid>${OTHER}</uuid>]]></title>`],
    ['an attribute', `<x a="<uuid>${OTHER}</uuid>" b='>'/>`],
    ['an instruction', `<?x <uuid>${OTHER}</uuid>?>`],
    ['an element of another name', `<uuids>${OTHER}</uuids>`],
  ])('a UUID in %s is not its own', (_, before) => {
    const xml = `<?xml version="1.0"?>\n<domain id="1" type="kvm">${before}<uuid>${UUID}</uuid></domain>`;
    expect(readDomain(xml)).toEqual({ type: 'kvm', uuid: UUID });
    expect(readDomain(`<domain type="kvm">${before}</domain>`)).toBeNull();
  });

  test.each([
    ['nothing', ''],
    ['another root', `<network type='kvm'><uuid>${UUID}</uuid></network>`],
    ['no type', `<domain><uuid>${UUID}</uuid></domain>`],
    ['no UUID', "<domain type='kvm'><name>a</name></domain>"],
    ['a UUID that is none', "<domain type='kvm'><uuid>1</uuid></domain>"],
    ['a truncated tag', "<domain type='kvm'><uuid"],
    ['a truncated comment', "<domain type='kvm'><!-- "],
    ['a second root', `<domain type='kvm'/><domain type='qemu'><uuid>${UUID}</uuid></domain>`],
  ])('%s: no guess', (_, xml) => {
    expect(readDomain(xml)).toBeNull();
  });

  test('cut anywhere, it is read as it was or not at all; anything else ends in time', () => {
    const xml = domainXml();
    fc.assert(
      fc.property(fc.nat({ max: xml.length }), (at) => {
        const read = readDomain(xml.slice(0, at));
        expect(read === null || read.uuid === UUID).toBe(true);
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '/', '"', "'", '!', '-', '[', '?', 'd', ' ', '=') }),
        (text) => {
          expect(readDomain(text)).toBeNull();
        },
      ),
    );
  });

  test('a megabyte of open tags takes no time to speak of', () => {
    const started = performance.now();
    expect(readDomain(`<domain type='kvm'>${'<'.repeat(1_000_000)}`)).toBeNull();
    expect(readDomain(`<domain type='kvm'>${'<a>'.repeat(300_000)}`)).toBeNull();
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
