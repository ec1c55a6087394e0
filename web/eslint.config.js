import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.{ts,tsx}'];

/** Props of Mantine that answer to the screen's width write a <style> element, which the policy refuses. */
const responsiveProps = {
  selector:
    'JSXAttribute[value.type="JSXExpressionContainer"] > JSXExpressionContainer > ObjectExpression > Property[key.name="base"]',
  message: 'Responsive style props need inline styles. Use a CSS module with a media query.',
};

export default tseslint.config(
  { ignores: ['dist', 'src/api/schema.d.ts', 'test-results'] },
  {
    files: ['**/*.{js,mjs}'],
    extends: [js.configs.recommended],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    files: TYPESCRIPT,
    extends: [js.configs.recommended, ...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': [
        'error',
        responsiveProps,
        { selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]', message: 'Text is never markup.' },
      ],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // The router throws redirects and "not found" by design.
      '@typescript-eslint/only-throw-error': 'off',
      eqeqeq: 'error',
    },
  },
  { files: ['src/**'], extends: [hooks.configs.flat.recommended] },
);
