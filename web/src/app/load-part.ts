import { reportDown, untilUp } from './connection';

const RELOADED_AT = 'orderflow-reloaded-at';
const RELOAD_AGAIN_MS = 10_000;

/**
 * Loads a part of the app. When the server is away, that waits until it is back; when the server has another version of
 * the app by then, whose parts have other names, the page is loaded anew.
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch {
    reportDown();
    await untilUp();
    styleAgain();
  }
  try {
    return await load();
  } catch (error) {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED_AT)) < RELOAD_AGAIN_MS) throw error;
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    location.reload();
    return new Promise(() => undefined);
  }
}

/** A style sheet that could not be fetched is not asked for again by itself. */
function styleAgain() {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    if (link.sheet === null) link.replaceWith(link.cloneNode());
  }
}
