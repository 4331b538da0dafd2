using Quorate.Engine.Ports;

namespace Quorate.Tests.Unit.Storage;

public sealed class SqliteLedgerConformanceTests : LedgerConformance
{
    private StoreFixture _fixture = null!;

    protected override ILedger Ledger => _fixture.Ledger;

    protected override StandingClock Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public override async ValueTask InitializeAsync() => _fixture = await StoreFixture.CreateAsync(Clock);

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteLeaseConformanceTests : LeaseConformance
{
    private StoreFixture _fixture = null!;

    protected override ILeaseStore Leases => _fixture.Store.Leases;

    protected override StandingClock Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public override async ValueTask InitializeAsync() => _fixture = await StoreFixture.CreateAsync(Clock);

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
