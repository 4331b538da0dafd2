using Quorate.Tests.Integration.Docker;

namespace Quorate.Tests.Integration.Harness;

/// <summary>The same on real servers in containers.</summary>
[Collection(EngineTests.Name)]
public class HarnessDockerTests
{
    [Fact]
    public async Task Run_ThreeScenariosOfTheCloud_PassAndReplay()
    {
        await using var cloud = new CloudSite();
        var (code, batch) = await cloud.HarnessAsync("run", "cloud_crash", "cloud_cache_stop", "cloud_noop", "--gate", "sr=1");
        Assert.True(code == 0, batch.ToString());
        Assert.Equal((3, 0), (batch.GetProperty("runs").GetInt32(), batch.GetProperty("errors").GetInt32()));

        var (replayed, replay) = await cloud.HarnessAsync("replay");
        Assert.True(replayed == 0 && replay.GetProperty("identical").GetInt32() == 3, replay.ToString());
    }
}
