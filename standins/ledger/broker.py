"""The other road of Beskedfordeler: a message is published over AMQP 0-9-1 and waits in the receiver's queue."""

import sys
from collections.abc import Callable

from standins.ledger.sending import Outgoing

EXCHANGE = "AFSEND_BESKED_EXCHANGE"
TRIES = 5


def publisher(url: str, queue: str) -> Callable[[Outgoing], None]:
    """Publishes to the exchange that senders use, from which the queue (dueslag) of the receiver is filled."""
    # Read only where a broker is named: most demonstrations have none.
    import pika
    import pika.exceptions

    def publish(outgoing: Outgoing) -> None:
        for _try in range(TRIES):
            try:
                connection = pika.BlockingConnection(pika.URLParameters(url))
            except (pika.exceptions.AMQPError, OSError) as fault:
                print(f"stand-ins: no broker: {type(fault).__name__}", file=sys.stderr)
                continue
            try:
                channel = connection.channel()
                channel.confirm_delivery()
                channel.exchange_declare(EXCHANGE, exchange_type="fanout", durable=True)
                channel.queue_declare(queue, durable=True)
                channel.queue_bind(queue, EXCHANGE)
                persistent = pika.BasicProperties(delivery_mode=2, content_type="application/xml")
                channel.basic_publish(EXCHANGE, "", outgoing.body, persistent, mandatory=True)
                return
            finally:
                connection.close()

    return publish
