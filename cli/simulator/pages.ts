import type { Seat } from './seat.ts';

/** The sign-in page: one button per simulated seat, and a way to refuse. */
export function signInPage(title: string, seats: readonly Seat[], hidden: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(hidden)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('');
  const buttons = seats
    .map(
      (seat) =>
        `<p><button name="sim_user" value="${escapeHtml(seat.alias)}">${escapeHtml(`${seat.email} – ${seat.workspaceName} (${seat.planType})`)}</button></p>`,
    )
    .join('');
  const refuse = '<p><button name="sim_user" value="">Cancel</button></p>';
  return page(title, `<form method="get">${inputs}${buttons}${refuse}</form>`);
}

/** The page a device login sends people to, before they typed the code. */
export function deviceCodePage(problem: string | null): string {
  const note = problem === null ? '' : `<p role="alert">${escapeHtml(problem)}</p>`;
  const form =
    '<form method="get"><p><label>Code <input name="user_code" required autocomplete="off" autofocus></label> <button>Continue</button></p></form>';
  return page('Enter the code of your device', `${note}${form}`);
}

/** A page that only says something. */
export function messagePage(title: string, message: string): string {
  return page(title, `<p>${escapeHtml(message)}</p>`);
}

function page(title: string, content: string): string {
  const heading = escapeHtml(title);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${heading}</title></head><body><main><h1>${heading}</h1><p>This is a simulated provider on your own machine. Nothing here is real.</p>${content}</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
