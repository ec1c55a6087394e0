/**
 * Where the API is below this page's origin: at its root, unless whoever serves the page says otherwise. Behind
 * CloudFront it is at `/api`, because pages and API come from two places there.
 */
export const API_BASE = document.querySelector<HTMLMetaElement>('meta[name="api-base"]')?.content ?? '';
