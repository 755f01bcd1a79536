"""What is published about the platform, made from the code that runs: schemas, AsyncAPI, OpenAPI, catalogue, settings, rights on Kafka."""
