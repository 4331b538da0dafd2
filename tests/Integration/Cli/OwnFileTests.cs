namespace Quorate.Tests.Integration.Cli;

/// <summary>A Compose file that was written by hand, without a word about Quorate.</summary>
public class OwnFileTests
{
    [Fact]
    public async Task Triage_OwnComposeFile_KilledDatabaseIsStartedAgain()
    {
        var token = TestContext.Current.CancellationToken;
        using var cli = new QuorateCli();
        cli.Environment["COMPOSE_PROJECT_NAME"] = $"owntest{Environment.ProcessId}";
        var ports = FreePorts.Find(2);
        cli.Environment["WEB_PORT"] = $"{ports[0]}";
        cli.Environment["BACKEND_PORT"] = $"{ports[1]}";
        string[] site = ["--site", Path.Combine(QuorateCli.Root, "lab/plain/compose.yml"), "--platform", "docker"];
        try
        {
            var (up, status) = await cli.JsonAsync(token, ["site", "up", .. site]);
            Assert.True(up == 0, status.ToString());
            var (refused, error) = await cli.JsonAsync(token, ["fault", "inject", "crash", "--target", "db", .. site]);
            Assert.Equal(2, refused);
            Assert.Equal("not_a_lab", error.GetProperty("error").GetProperty("code").GetString());
            var (injected, receipt) = await cli.JsonAsync(token, ["fault", "inject", "crash", "--target", "db", "--i-know", .. site]);
            Assert.True(injected == 0, receipt.ToString());

            var (code, result) = await cli.JsonAsync(token, ["triage", "our web page only shows errors", "--yes", .. site]);

            Assert.True(code == 0, result.ToString());
            Assert.Equal("resolved", result.GetProperty("outcome").GetString());
            Assert.Equal("db", result.GetProperty("root_service").GetString());
        }
        finally
        {
            await cli.RunAsync(CancellationToken.None, ["site", "down", .. site]);
        }
    }
}
