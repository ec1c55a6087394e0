"""moto's server, answering one request after the other.

moto writes a transaction by copying all tables and putting the copies back when a condition fails. What others wrote
meanwhile is lost, which DynamoDB does not do. Who races here still races: between requests.
"""

import threading

from moto import server

turn = threading.Lock()


class OneAtATime(server.DomainDispatcherApplication):
    def __call__(self, environ, start_response):
        with turn:
            return list(super().__call__(environ, start_response))


server.DomainDispatcherApplication = OneAtATime
server.main()
