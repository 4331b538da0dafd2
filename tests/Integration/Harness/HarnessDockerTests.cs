using Quorate.Tests.Integration.Docker;
using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Harness;

/// <summary>The same on real servers in containers.</summary>
[Collection(EngineTests.Name)]
public class HarnessDockerTests
{
    private const string StartCache =
        """{"root_goal":"start the cache","root_cause":{"service":"cache","cause":"the cache is down","confidence":0.8},"tasks":[{"task_id":"t1","type":"start","target":"cache","dependencies":[],"assigned_to":"ActionAgent"}]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One test, since bringing eight servers up is most of its time.</summary>
    [Fact]
    public async Task Run_ScenariosOfTheCloud_PassAndReplayAndAModelDoesNoHarm()
    {
        await using var cloud = new CloudSite();
        var (code, batch) = await cloud.HarnessAsync("run", "cloud_crash", "cloud_cache_stop", "cloud_noop", "--gate", "sr=1");
        Assert.True(code == 0, batch.ToString());
        Assert.Equal((3, 0), (batch.GetProperty("runs").GetInt32(), batch.GetProperty("errors").GetInt32()));

        await using var server = await ScriptedModelServer.StartAsync(Token);
        cloud.Cli.Environment["QUORATE_PLANNER__ENDPOINT"] = server.Endpoint.ToString();
        cloud.Cli.Environment["QUORATE_PLANNER__MODEL"] = "scripted";
        server.Says(WorstPlan.Looking("edge", "cache")).Says(StartCache);
        (code, batch) = await cloud.HarnessAsync("run", "cloud_cache_stop", "--arm", "llm", "--noise", "0", "--gate", "sr=1");
        Assert.True(code == 0, batch.ToString());

        foreach (var plan in WorstPlan.Repeated(16, "db", "queue", "api", "edge", "worker"))
        {
            server.Says(plan);
        }

        (code, batch) = await cloud.HarnessAsync("run", "cloud_cache_stop", "--arm", "llm", "--noise", "0", "--seed", "2");
        Assert.True(code == 0 && batch.GetProperty("errors").GetInt32() == 0, batch.ToString());
        var record = Directory.GetDirectories(Path.Combine(cloud.Cli.Home, "records")).Single(d => d.Contains("-llm-", StringComparison.Ordinal) && d.Contains("-s2-", StringComparison.Ordinal));
        await WorstPlan.AssertNoWorseAsync(record, "cache", ["db", "queue", "worker", "prometheus"], Token);

        var (replayed, replay) = await cloud.HarnessAsync("replay");
        Assert.True(replayed == 0 && replay.GetProperty("identical").GetInt32() == 5, replay.ToString());
    }
}
