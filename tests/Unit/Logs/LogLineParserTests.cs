using Quorate.Platforms.Logs;

namespace Quorate.Tests.Unit.Logs;

public class LogLineParserTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Parse_JsonLine_ReadsItsFields()
    {
        var line = LogLineParser.Parse(
            "api", """{"ts":"2026-02-01T08:00:00.5Z","level":"warning","service":"other","msg":"slow store","meta":{"ms":120,"host":"db"}}""", At);

        Assert.Equal(("WARN", "api", "slow store"), (line.Level, line.Service, line.Msg));
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 8, 0, 0, 500, TimeSpan.Zero), line.Ts);
        Assert.Equal("120", line.Meta!["ms"]);
        Assert.Equal("db", line.Meta["host"]);
    }

    [Theory]
    [InlineData("2026/03/01 10:00:00 [error] 7#7: *1 connect() failed", "ERROR")]
    [InlineData("2026/03/01 10:00:00 [emerg] 7#7: bind() failed", "FATAL")]
    [InlineData("2026-03-01 10:00:00.000 UTC [1] ERROR:  relation \"x\" does not exist", "ERROR")]
    [InlineData("2026-03-01 10:00:00.000 UTC [1] LOG:  database system is ready", "INFO")]
    [InlineData("2026-03-01 10:00:00.000 UTC [1] FATAL:  password authentication failed", "FATAL")]
    [InlineData("ts=2026-03-01 caller=main.go level=error msg=\"Opening storage failed\"", "ERROR")]
    [InlineData("time=x level=warn msg=y", "WARN")]
    [InlineData("fail: Microsoft.Extensions.Hosting[1]", "ERROR")]
    [InlineData("Traceback (most recent call last):", "ERROR")]
    [InlineData("1:M 01 Mar 2026 10:00:00.000 # WARNING overcommit_memory is set to 0", "WARN")]
    [InlineData("1:M 01 Mar 2026 10:00:00.000 * Ready to accept connections", "INFO")]
    [InlineData("2026-03-01 10:00:00.000 UTC [71] app@cloud FATAL:  sorry, too many clients already", "FATAL")]
    [InlineData("2026-03-01 10:00:00.000 UTC [71] app@cloud ERROR:  permission denied for table orders", "ERROR")]
    [InlineData("2026-03-01 10:00:00.059456+00:00 [info] <0.653.0> accepting AMQP connection <0.653.0> (172.18.0.7:36504 -> 172.18.0.5:5672)", "INFO")]
    [InlineData("2026-03-01 10:00:00.059456+00:00 [warning] <0.354.0> memory resource limit alarm set on node rabbit@queue.", "WARN")]
    [InlineData("2026-03-01 10:00:00.059456+00:00 [error] <0.636.0> operation queue.declare caused a channel exception not_found", "ERROR")]
    [InlineData("7:C 01 Mar 2026 10:00:00.000 * DB saved on disk", "INFO")]
    [InlineData("1:M 01 Mar 2026 10:00:00.000 # Background saving error", "WARN")]
    [InlineData("{\"ts\":\"2026-03-01T10:00:00+00:00\",\"level\":\"ERROR\",\"service\":\"edge\",\"msg\":\"POST /orders answered 502\",\"meta\":{\"status\":\"502\"}}", "ERROR")]
    [InlineData("no errors found in the catalogue", "UNKNOWN")]
    [InlineData("GET /ERROR/page 200", "UNKNOWN")]
    [InlineData("", "UNKNOWN")]
    public void Parse_TextLine_GuessesTheLevel(string text, string level) =>
        Assert.Equal(level, LogLineParser.Parse("s", text, At).Level);

    [Theory]
    [InlineData("{\"level\":\"error\",\"msg\":\"\\ud800 lone\"}")]
    [InlineData("{\"level\":\"error\",\"msg\":")]
    [InlineData("{not json}")]
    [InlineData("{}")]
    public void Parse_BrokenJson_IsKeptAsText(string text) => Assert.Equal(text, LogLineParser.Parse("s", text, At).Msg);

    [Fact]
    public void Parse_ControlCharactersAndEscapes_AreHarmless()
    {
        var line = LogLineParser.Parse("s", "\u001b[31mred\u001b[0m \u001b]0;title\abell\a tab\tnul\0 \u202Eback \ud800", At);

        Assert.Equal("red bell\uFFFD tab nul\uFFFD \uFFFDback \uFFFD", line.Msg);
    }

    [Fact]
    public void Parse_SeededGarbage_IsBoundedAndPrintable()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var text = new string([.. Enumerable.Range(0, random.Next(0, 5_000)).Select(_ => (char)random.Next(seed % 2 == 0 ? 128 : 65_536))]);

            var line = LogLineParser.Parse("s", text, At);

            Assert.True(line.Msg.Length <= LogLineParser.MaxMessage, $"seed {seed}");
            Assert.DoesNotContain(line.Msg, c => char.IsControl(c) && c != '\n');
        }
    }
}
