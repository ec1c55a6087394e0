//! What an order costs on AWS, and what a rate of orders asks of AWS.
