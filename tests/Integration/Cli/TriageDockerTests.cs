namespace Quorate.Tests.Integration.Cli;

/// <summary>The same faults in containers of a real Docker Engine.</summary>
public class TriageDockerTests(DockerShop shared) : IClassFixture<DockerShop>
{
    [Theory]
    [InlineData("crash", "store", "orders are gone?? nobody can buy anything")]
    [InlineData("crash", "cache", "everything feels off since a minute")]
    [InlineData("pause", "api", "alles hängt")]
    [InlineData("db_conn_drift", "api", "since the deploy nothing gets saved")]
    [InlineData("stop", "worker", "my order never ships")]
    [InlineData("bad_upstream", "edge", "the page shows errors")]
    public async Task Triage_FaultInContainer_ResolvedAndServing(string fault, string target, string words)
    {
        var token = TestContext.Current.CancellationToken;
        var shop = await shared.NextAsync(token);
        await shop.InjectAsync(fault, token, target);
        await shop.AssertRepairedAsync(words, target, token);
    }

    [Fact]
    public async Task Triage_NothingWrongInContainers_NoFaultAndNoAction()
    {
        var token = TestContext.Current.CancellationToken;
        var shop = await shared.NextAsync(token);

        var (code, result) = await shop.TriageAsync("is it just me or is the shop broken", token);

        Assert.Equal(0, code);
        Assert.Equal("no_fault", result.GetProperty("outcome").GetString());
        Assert.DoesNotContain(result.GetProperty("tasks").EnumerateArray(), t => Contracts.Plans.TaskCatalog.ChangesWorld(t.GetProperty("type").GetString()!));
    }
}
