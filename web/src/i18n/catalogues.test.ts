import { describe, expect, it } from 'vitest';

const catalogues = import.meta.glob<Record<string, unknown>>('./*/*.json', { eager: true, import: 'default' });

type Entries = Map<string, string>;

function entries(catalogue: Record<string, unknown>, path = ''): Entries {
  const found: Entries = new Map();
  for (const [name, value] of Object.entries(catalogue)) {
    if (typeof value === 'string') found.set(path + name, value);
    else for (const [key, text] of entries(value as Record<string, unknown>, `${path}${name}.`)) found.set(key, text);
  }
  return found;
}

const PLURAL = /_(zero|one|few|other)$/;
const stem = (key: string) => key.replace(PLURAL, '');
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe.each(['common', 'shop', 'console'])('the catalogue %s', (namespace) => {
  const en = entries(catalogues[`./en/${namespace}.json`] ?? {});
  const ro = entries(catalogues[`./ro/${namespace}.json`] ?? {});

  it('has the same texts in both languages', () => {
    expect([...new Set([...ro.keys()].map(stem))].sort()).toEqual([...new Set([...en.keys()].map(stem))].sort());
  });

  it('has every plural form that the language needs', () => {
    for (const [language, texts, forms] of [
      ['en', en, ['one', 'other']],
      ['ro', ro, ['one', 'few', 'other']],
    ] as const) {
      const plurals = new Set([...texts.keys()].filter((key) => PLURAL.test(key)).map(stem));
      for (const plural of plurals) {
        for (const form of forms) expect(texts.has(`${plural}_${form}`), `${language}: ${plural}_${form}`).toBe(true);
      }
    }
  });

  it('fills in the same values, and leaves none empty', () => {
    for (const [key, text] of ro) {
      const english = en.get(key) ?? en.get(`${stem(key)}_other`);
      expect(placeholders(text), key).toEqual(placeholders(english ?? ''));
      expect(text.trim(), key).not.toBe('');
    }
  });
});
