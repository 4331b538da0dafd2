namespace Quorate.Tests.Unit.Faults;

public sealed class AddressFaultTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("process", "http://user@store-old.invalid:7803/v1")]
    [InlineData("docker", "http://user@store-old.invalid:7103/v1")]
    public async Task DbConnDrift_OnThePlatform_ChangesOnlyTheHostOfTheStore(string platform, string wrong)
    {
        using var bench = new FaultBench(platform);
        string cache = bench.Platform["api"].Environment["CACHE_ADDR"];
        await bench.Injector().InjectAsync("db_conn_drift", null, Stop);
        Assert.Equal(wrong, bench.Platform["api"].Environment["STORE_URL"]);
        Assert.Equal(cache, bench.Platform["api"].Environment["CACHE_ADDR"]);
    }

    [Theory]
    [InlineData("process", "http://127.0.0.1:1")]
    [InlineData("docker", "http://api:1")]
    public async Task BadUpstream_OnThePlatform_ChangesOnlyThePort(string platform, string wrong)
    {
        using var bench = new FaultBench(platform);
        await bench.Injector().InjectAsync("bad_upstream", null, Stop);
        Assert.Equal(wrong, bench.Platform["edge"].Environment["API_URL"]);
    }

    [Fact]
    public async Task DbConnDrift_Reverted_BringsTheDeclaredValueBack()
    {
        using var bench = new FaultBench();
        string declared = bench.Platform["api"].Environment["STORE_URL"];
        await bench.Injector().InjectAsync("db_conn_drift", null, Stop);
        await bench.Injector().RevertAsync("db_conn_drift", Stop);
        Assert.Equal(declared, bench.Platform["api"].Environment["STORE_URL"]);
    }

    [Fact]
    public async Task DbConnDrift_RepairedBeforeRevert_IsNotRecreatedAgain()
    {
        using var bench = new FaultBench();
        await bench.Injector().InjectAsync("db_conn_drift", null, Stop);
        await bench.Platform.RecreateAsync("api", null, "repair", TimeProvider.System.GetUtcNow(), Stop);
        await bench.Injector().RevertAsync(null, Stop);
        Assert.Equal(["recreate api", "recreate api"], bench.Platform.Changes);
        Assert.Equal("repair", bench.Platform["api"].EffectKey);
    }
}
