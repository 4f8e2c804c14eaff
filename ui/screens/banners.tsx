import './banners.css';

import { useApp } from '../app-context.ts';
import { Button } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';

/** What concerns the whole page: no line to the supervisor, or another build behind it. */
export function Banners() {
  const { connection, status, buildId } = useApp();
  const current = status.value.value?.buildId;
  const isOtherBuild = buildId.value !== null && current !== undefined && current !== buildId.value;
  const isDisconnected = connection.state.value === 'disconnected';
  if (!isDisconnected && !isOtherBuild) return null;
  return (
    <section class="banners" aria-label="About this page">
      {isDisconnected && <Disconnected />}
      {isOtherBuild && (
        <div class="banner" data-tone="info" role="status">
          <Icon name="refresh" />
          <span>oma was updated. This page is from before.</span>
          <Button onClick={() => location.reload()}>Reload</Button>
        </div>
      )}
    </section>
  );
}

function Disconnected() {
  const { connection, now } = useApp();
  const due = connection.retryAt.value;
  const seconds = due === null ? 0 : Math.max(0, Math.ceil((due - now.value) / 1_000));
  return (
    <div class="banner" data-tone="bad">
      <Icon name="alert" />
      <span>
        <strong role="alert">Disconnected: the supervisor does not answer.</strong> What you see is from before;
        requests already sent go on.
        {seconds > 0 ? ` Next try in ${seconds} s.` : ' Trying…'} If it does not come back: <code>oma up</code>
      </span>
      <Button onClick={connection.retryNow}>Try now</Button>
    </div>
  );
}
