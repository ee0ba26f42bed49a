"""FastAPI on uvicorn, with the connection manager of FastAPI's documentation on WebSockets."""

from common import CONNECTED, event, is_known, run_uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect, WebSocketException, status

app = FastAPI()


class ConnectionManager:
    def __init__(self) -> None:
        self.active_connections: list[WebSocket] = []

    async def connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.active_connections.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        self.active_connections.remove(websocket)

    async def broadcast(self, message: str) -> None:
        for connection in self.active_connections:
            await connection.send_text(message)


manager = ConnectionManager()


@app.websocket("/stream")
async def stream(websocket: WebSocket) -> None:
    if not is_known(websocket.headers.get("authorization")):
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)
    await manager.connect(websocket)
    try:
        await websocket.send_text(CONNECTED)
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        manager.disconnect(websocket)


async def publish(count: int) -> None:
    for _ in range(count):
        await manager.broadcast(event())


run_uvicorn(app, publish)
