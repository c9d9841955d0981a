package io.somekv.node;

import java.util.ArrayDeque;

/**
 * Stores that a snapshot has replaced. Each goes once the record that names the new one is durable:
 * a restart before that finds the old one as it was.
 */
final class OldStores {
    /**
     * @param number of the persist that first names another store; 0 until it is handed out
     */
    private record Old(long storeId, long number) {}

    private final ArrayDeque<Old> stores = new ArrayDeque<>();
    private final Outbox outbox;

    OldStores(Outbox outbox) {
        this.outbox = outbox;
    }

    void replaced(long storeId) {
        stores.addLast(new Old(storeId, 0));
    }

    void onPersist(long number) {
        for (int i = stores.size(); i > 0; i--) {
            Old old = stores.removeFirst();
            stores.addLast(old.number == 0 ? new Old(old.storeId, number) : old);
        }
    }

    void onDurable(long number) {
        while (!stores.isEmpty()
                && stores.getFirst().number != 0
                && stores.getFirst().number <= number) {
            outbox.add(new LaneEffect.DropStore(stores.removeFirst().storeId));
        }
    }
}
