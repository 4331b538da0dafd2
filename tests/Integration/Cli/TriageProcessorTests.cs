namespace Quorate.Tests.Integration.Cli;

/// <summary>Runs after everything else: a hog is told by the cores it uses, which other tests would take from it.</summary>
[CollectionDefinition("processor", DisableParallelization = true)]
public class ProcessorTestGroup;

[Collection("processor")]
public class TriageProcessorTests
{
    [Fact]
    public async Task Triage_ProcessorHog_RestartedAndServing()
    {
        var token = TestContext.Current.CancellationToken;
        await using var shop = await ShopSite.UpAsync("process", token);
        await shop.InjectAsync("cpu_hog", token);
        await shop.AssertRepairedAsync("super slow today", "api", token);
    }
}
