import { AddForm } from './add-form.tsx';
import { ImportForm } from './import-form.tsx';

/** The ways to one more account. */
export function AddAccount() {
  return (
    <>
      <div class="screen-head">
        <h1>Add an account</h1>
        <a href="#/">Back to the overview</a>
      </div>
      <section class="panel section" aria-labelledby="add-login">
        <h2 id="add-login">Sign in</h2>
        <AddForm />
      </section>
      <section class="panel section" aria-labelledby="add-import">
        <h2 id="add-import">Import</h2>
        <ImportForm />
      </section>
    </>
  );
}
