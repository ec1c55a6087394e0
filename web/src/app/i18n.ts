import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { loadPart } from './load-part';
import type common from '~/i18n/en/common.json';
import type consoleText from '~/i18n/en/console.json';
import type shop from '~/i18n/en/shop.json';

export const LANGUAGES = { en: 'English', ro: 'Română' } as const;
export type Language = keyof typeof LANGUAGES;

const REMEMBERED = 'orderflow-language';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: { common: typeof common; shop: typeof shop; console: typeof consoleText };
    returnNull: false;
  }
}

/** Each catalogue is a file of its own, fetched when its part of the app is opened. */
const catalogues = import.meta.glob<{ default: Record<string, unknown> }>('../i18n/*/*.json');

const backend: BackendModule = {
  type: 'backend',
  init: () => undefined,
  read: (language, namespace, done) => {
    const load = catalogues[`../i18n/${language}/${namespace}.json`];
    if (load === undefined) {
      done(new Error(`no catalogue ${language}/${namespace}`), null);
      return;
    }
    loadPart(load).then(
      ({ default: catalogue }) => done(null, catalogue),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
    );
  },
};

function preferred(): Language {
  const wishes = [localStorage.getItem(REMEMBERED), ...navigator.languages];
  for (const wish of wishes) {
    const language = wish?.slice(0, 2).toLowerCase();
    if (language === 'en' || language === 'ro') return language;
  }
  return 'en';
}

export async function startI18n() {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: preferred(),
      fallbackLng: false,
      supportedLngs: Object.keys(LANGUAGES),
      ns: ['common'],
      defaultNS: 'common',
      interpolation: { escapeValue: false },
    });
}

export async function changeLanguage(language: Language) {
  localStorage.setItem(REMEMBERED, language);
  await i18next.changeLanguage(language);
}
