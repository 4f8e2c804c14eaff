import './command-line.css';

import { useSignal } from '@preact/signals';

import { IconButton } from './button.tsx';

/** Words to be typed or pasted elsewhere, with a button that copies them. */
export function CommandLine({
  command,
  label = 'Copy the command',
}: {
  readonly command: string;
  readonly label?: string;
}) {
  const copied = useSignal<'no' | 'yes' | 'failed'>('no');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command);
      copied.value = 'yes';
    } catch {
      copied.value = 'failed';
    }
  };
  return (
    <span class="command">
      <code>{command}</code>
      <IconButton icon={copied.value === 'yes' ? 'check' : 'copy'} label={label} onClick={() => void copy()} />
      <span class="hidden-text" role="status">
        {copied.value === 'yes' && 'Copied.'}
        {copied.value === 'failed' && 'The browser did not allow copying. Select the text instead.'}
      </span>
    </span>
  );
}
