-- queued_at is when the queue confirmed the order's message; the api sends what was never confirmed or got lost again.
CREATE TABLE orders (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item       text NOT NULL CHECK (length(item) BETWEEN 1 AND 64),
  quantity   integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
  status     text NOT NULL DEFAULT 'accepted' CHECK (status IN ('accepted', 'shipped')),
  created_at timestamptz NOT NULL DEFAULT now(),
  queued_at  timestamptz
);
CREATE INDEX orders_waiting ON orders (id) WHERE status = 'accepted';

-- One row for each order, whatever the queue delivers twice.
CREATE TABLE shipments (
  order_id   bigint PRIMARY KEY REFERENCES orders (id),
  shipped_at timestamptz NOT NULL DEFAULT now()
);

-- The order that probes read.
INSERT INTO orders (item, quantity, status, queued_at) VALUES ('tea', 1, 'shipped', now());
INSERT INTO shipments (order_id) VALUES (1);
