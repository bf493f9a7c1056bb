-- What this state folder belongs to; the same for every run on it.
CREATE TABLE identity (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One row. All bars before `replayed` have their signals in `orders`.
CREATE TABLE progress (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    replayed INTEGER NOT NULL CHECK (replayed >= 0),
    trader   TEXT NOT NULL
) STRICT;
INSERT INTO progress VALUES (1, 0, '{"retries":0,"breaker_trips":0,"switches":[]}');

-- One row per signal, written before anything is sent; `fate` follows.
CREATE TABLE orders (
    client_id TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    symbol    TEXT    NOT NULL,
    side      TEXT    NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity  INTEGER NOT NULL CHECK (quantity >= 0),
    price     INTEGER NOT NULL CHECK (price > 0),
    fate      TEXT CHECK (fate IN ('risk_rejected', 'refused_unsent', 'filled', 'cancelled', 'in_doubt')),
    -- The limit that was broken: by an order that was rejected for it, or sent because limits are not enforced.
    breach    TEXT CHECK (breach IS NOT NULL OR fate IS NOT 'risk_rejected'),
    venue     TEXT CHECK ((venue IS NULL) = (fate IS NOT 'filled')),
    latency   INTEGER
) STRICT;
