import { API_BASE } from './base';
import { OWN_REQUEST } from './client';
import { problemOf, UnreachableError } from './problem';

/**
 * Sends a file and tells how much of it has gone, from 0 to 1. `fetch` cannot tell, so this is an XMLHttpRequest.
 */
export function upload<T>(path: string, contentType: string, body: string, onProgress: (sent: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', API_BASE + path);
    request.setRequestHeader('Content-Type', contentType);
    request.setRequestHeader('Accept', 'application/json');
    for (const [name, value] of Object.entries(OWN_REQUEST)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
    request.onerror = () => reject(new UnreachableError('no answer'));
    request.onload = () => {
      const answered = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(answered as T);
      else reject(problemOf(answered, new Response(null, { status: request.status })));
    };
    request.send(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
