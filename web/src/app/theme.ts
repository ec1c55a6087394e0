import {
  createTheme,
  defaultCssVariablesResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';

const accent: MantineColorsTuple = [
  '#eef2ff',
  '#e0e7ff',
  '#c7d2fe',
  '#a5b4fc',
  '#818cf8',
  '#6366f1',
  '#4f46e5',
  '#4338ca',
  '#3730a3',
  '#312e81',
];

const dark: MantineColorsTuple = [
  '#dfe3ec',
  '#b9c0cf',
  '#98a1b3',
  '#5f6779',
  '#394051',
  '#2b3140',
  '#212633',
  '#161a23',
  '#11141c',
  '#0b0d13',
];

/** One accent, system fonts, calm corners. No style props that answer to the screen's width: see the lint rules. */
export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: 6,
  colors: { accent, dark },
  fontFamily: 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.125rem' } } },
  components: {
    // Locking the scroll bar is done in global.css: these would write a <style> element.
    Modal: { defaultProps: { lockScroll: false, centered: true } },
    Drawer: { defaultProps: { lockScroll: false, position: 'right' } },
    Spotlight: { defaultProps: { lockScroll: false } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});

/** The colours that Mantine's own would leave too pale to be read, and the tones of an order's status. */
export const cssVariables: CSSVariablesResolver = (merged) => {
  const base = defaultCssVariablesResolver(merged);
  return {
    variables: base.variables,
    light: {
      ...base.light,
      '--mantine-color-dimmed': '#59606d',
      '--mantine-color-placeholder': '#6b7280',
      '--mantine-color-error': '#c02626',
      '--mantine-color-default-border': '#dde0e7',
      '--app-canvas': '#f6f7f9',
      '--app-panel': '#ffffff',
      '--app-line': '#e5e7ed',
      '--app-success': '#11703f',
      '--app-success-soft': '#e3f5ea',
      '--app-progress': '#1b57b8',
      '--app-progress-soft': '#e6effd',
      '--app-refused': '#8a4b07',
      '--app-refused-soft': '#fdf0dc',
      '--app-failed': '#b4232a',
      '--app-failed-soft': '#fdeaea',
      '--app-neutral': '#4b5261',
      '--app-neutral-soft': '#eceef2',
    },
    dark: {
      ...base.dark,
      '--mantine-color-dimmed': '#a3abbb',
      '--mantine-color-placeholder': '#8b93a5',
      '--mantine-color-error': '#ff8f8f',
      '--app-canvas': '#10131a',
      '--app-panel': '#161a23',
      '--app-line': '#2b3140',
      '--app-success': '#6fdc9d',
      '--app-success-soft': '#12301f',
      '--app-progress': '#8fbcff',
      '--app-progress-soft': '#152a4a',
      '--app-refused': '#f4bd6d',
      '--app-refused-soft': '#38270c',
      '--app-failed': '#ff9a9a',
      '--app-failed-soft': '#421a1d',
      '--app-neutral': '#b9c0cf',
      '--app-neutral-soft': '#262c39',
    },
  };
};
