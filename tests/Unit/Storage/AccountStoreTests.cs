using Quorate.Engine.Ports;

namespace Quorate.Tests.Unit.Storage;

public class AccountStoreTests
{
    private static readonly TimeSpan Locked = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_NameTakenInAnotherCase_IsRefused()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var accounts = fixture.Store.Accounts;
        Assert.NotNull(await accounts.AddAsync("ann", "hash", UserRole.Admin, Token));
        Assert.Null(await accounts.AddAsync("ANN", "hash", UserRole.Viewer, Token));
        Assert.Null(await accounts.AddAsync("Anonymous", "hash", UserRole.Viewer, Token));
        Assert.Equal(("ann", UserRole.Admin), (await accounts.FindAsync("Ann", Token)) is { } found ? (found.Name, found.Role) : default);
        Assert.Equal(["ann"], (await accounts.ListAsync(Token)).Select(u => u.Name));
    }

    [Fact]
    public async Task LogIn_RacingAttempts_AreAllCounted()
    {
        var clock = new StandingClock(DateTimeOffset.UnixEpoch.AddYears(60));
        await using var fixture = await StoreFixture.CreateAsync(clock);
        var accounts = fixture.Store.Accounts;
        var ann = (await accounts.AddAsync("ann", "hash", UserRole.Operator, Token))!;
        var begun = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => accounts.TryBeginLoginAsync(ann.Id, 5, Locked, Token)));
        Assert.Equal(5, begun.Count(b => b));
        clock.Now += Locked;
        Assert.True(await accounts.TryBeginLoginAsync(ann.Id, 5, Locked, Token));
        await accounts.EndLoginAsync(ann.Id, Token);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(await accounts.TryBeginLoginAsync(ann.Id, 5, Locked, Token));
        }

        Assert.False(await accounts.TryBeginLoginAsync(ann.Id, 5, Locked, Token));
    }

    [Fact]
    public async Task Tokens_Expire_AndTheOldestGiveWay()
    {
        var clock = new StandingClock(DateTimeOffset.UnixEpoch.AddYears(60));
        await using var fixture = await StoreFixture.CreateAsync(clock);
        var accounts = fixture.Store.Accounts;
        var ann = (await accounts.AddAsync("ann", "hash", UserRole.Operator, Token))!;
        for (var i = 0; i < 4; i++)
        {
            clock.Now += TimeSpan.FromSeconds(1);
            await accounts.AddTokenAsync(TokenOf(ann, $"t{i}", clock.Now, clock.Now + TimeSpan.FromHours(1)), 3, Token);
        }

        Assert.Null(await accounts.FindByTokenAsync("hash of t0", Token));
        Assert.Equal("ann", (await accounts.FindByTokenAsync("hash of t3", Token))!.Value.User.Name);
        clock.Now += TimeSpan.FromHours(1);
        Assert.Null(await accounts.FindByTokenAsync("hash of t3", Token));
        Assert.False(await accounts.RemoveTokenAsync(ann.Id + 1, "t3", Token));
        Assert.True(await accounts.RemoveTokenAsync(ann.Id, "t3", Token));
    }

    private static AccessToken TokenOf(UserAccount user, string id, DateTimeOffset now, DateTimeOffset end) =>
        new() { Id = id, Kind = AccessTokenKind.Session, TokenHash = $"hash of {id}", UserId = user.Id, Label = "", CreatedAt = now, ExpiresAt = end };
}
