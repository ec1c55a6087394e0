// The app has pages of its own making: whatever is not one of its files is the app.
function handler(event) {
  var request = event.request;
  if (!request.uri.startsWith('/assets/')) request.uri = '/index.html';
  return request;
}
