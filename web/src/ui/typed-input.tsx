import { CloseButton, TextInput, type TextInputProps } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTyped } from '~/app/use-typed';

interface Props extends Omit<TextInputProps, 'value'> {
  label: string;
  value: string | undefined;
  onTyped: (value: string | undefined) => void;
  /** Whether it is the page's search box, which `/` leads to. */
  isSearch?: boolean;
}

/** A text that takes effect a moment after the last key. */
export function TypedInput({ label, value, onTyped, isSearch = false, ...more }: Props) {
  const { t } = useTranslation('common');
  const box = useRef<HTMLInputElement>(null);
  useHotkeys(isSearch ? [['/', () => box.current?.focus()]] : []);
  const [text, setText] = useState(value ?? '');
  const typed = useTyped(onTyped);
  return (
    <TextInput
      ref={box}
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        typed(event.currentTarget.value);
      }}
      leftSection={isSearch && <IconSearch size={16} />}
      rightSection={
        text !== '' && (
          <CloseButton
            size="sm"
            aria-label={t('clear')}
            onClick={() => {
              setText('');
              onTyped(undefined);
            }}
          />
        )
      }
      {...more}
    />
  );
}
