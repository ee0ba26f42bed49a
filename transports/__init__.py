"""Turn the stream into WebSocket frames and SSE bytes."""
