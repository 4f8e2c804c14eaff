import './first-run.css';

import { CommandLine } from '../components/command-line.tsx';
import { AddForm } from './add-form.tsx';
import { ImportForm } from './import-form.tsx';

/** The page of somebody who has no account yet: one clear way in, two shortcuts. */
export function FirstRun() {
  return (
    <div class="first">
      <div class="first-words">
        <h1>Welcome to oma</h1>
        <p>
          oma lets OpenCode use several of your own ChatGPT accounts as if they were one. Your logins stay on this
          machine; requests go straight to the provider.
        </p>
      </div>
      <section class="panel section" aria-labelledby="first-add">
        <h2 id="first-add">Sign in with your first account</h2>
        <AddForm />
      </section>
      <section class="panel section" aria-labelledby="first-import">
        <h2 id="first-import">Or take over a login you have</h2>
        <ImportForm />
      </section>
      <section class="panel section" aria-labelledby="first-demo">
        <h2 id="first-demo">Or look around first</h2>
        <p class="first-demo">
          Four simulated accounts on a simulated provider: rotation, probing, force and failure, with nothing at stake.
        </p>
        <CommandLine command="oma up --demo" />
      </section>
    </div>
  );
}
