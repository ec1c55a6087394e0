import { convertCssVariables, DEFAULT_THEME, mergeMantineTheme } from '@mantine/core';
import type { Plugin } from 'vite';
import { cssVariables, theme } from '../src/app/theme.ts';

const PUBLIC_ID = 'virtual:theme.css';
const RESOLVED_ID = '\0virtual:theme.css';

/**
 * Writes the theme's variables into the style sheet when the app is built. Mantine would put them into a
 * `<style>` element at run time, which a Content-Security-Policy without inline styles refuses.
 */
export function themeCss(): Plugin {
  return {
    name: 'orderflow-theme-css',
    resolveId: (id) => (id === PUBLIC_ID ? RESOLVED_ID : undefined),
    load: (id) =>
      id === RESOLVED_ID
        ? convertCssVariables(cssVariables(mergeMantineTheme(DEFAULT_THEME, theme)), ':root')
        : undefined,
  };
}
