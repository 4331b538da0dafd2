namespace Quorate.Tests.Unit.Platforms;

public sealed class ComposeInterpolationTests : IDisposable
{
    private readonly ComposeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("$SET", "yes")]
    [InlineData("${SET}", "yes")]
    [InlineData("a${SET}b$SET.", "ayesbyes.")]
    [InlineData("${UNSET}", "")]
    [InlineData("$UNSET", "")]
    [InlineData("${UNSET:-d}", "d")]
    [InlineData("${UNSET-d}", "d")]
    [InlineData("${EMPTY:-d}", "d")]
    [InlineData("${EMPTY-d}", "")]
    [InlineData("${SET:-d}", "yes")]
    [InlineData("${SET:+x}", "x")]
    [InlineData("${EMPTY:+x}", "")]
    [InlineData("${EMPTY+x}", "x")]
    [InlineData("${UNSET+x}", "")]
    [InlineData("${SET:?needed}", "yes")]
    [InlineData("${UNSET:-${SET}-${UNSET:-deep}}", "yes-deep")]
    [InlineData("${SET:-${UNSET:?not used}}", "yes")]
    [InlineData("$$SET $${SET}", "$SET ${SET}")]
    [InlineData("${UNSET:-http://h:1/p?q}", "http://h:1/p?q")]
    [InlineData("$DOTENV", "from file")]
    [InlineData("$BOTH", "process")]
    public void Interpolation_InAnyForm_GivesTheValue(string text, string expected)
    {
        _folder.Write(".env", "DOTENV='from file'\nBOTH=file\n");
        var site = _folder.Load($"services:\n  api:\n    environment:\n      V: '{text}'", ("SET", "yes"), ("EMPTY", ""), ("BOTH", "process"));
        Assert.Equal(expected, site.Find("api")!.Environment["V"]);
    }

    [Theory]
    [InlineData("${UNSET:?say why}", "UNSET is required and not set: \"say why\"")]
    [InlineData("${EMPTY:?e}", "EMPTY is required")]
    [InlineData("${UNSET?e}", "UNSET is required")]
    [InlineData("${UNSET:-${OTHER?e}}", "OTHER is required")]
    [InlineData("${", "not a variable")]
    [InlineData("${SET", "not a variable")]
    [InlineData("${SET!x}", "not a variable")]
    [InlineData("${SET:}", "not a variable")]
    [InlineData("${1}", "not a variable")]
    [InlineData("cost: 5$", "starts no variable")]
    [InlineData("$(pwd)", "starts no variable")]
    public void Interpolation_ThatCannotBe_IsRefusedWithPlaceAndReason(string text, string reason)
    {
        var message = _folder.Refusal($"services:\n  api:\n    environment:\n      V: '{text}'", ("EMPTY", ""), ("SET", "1"));
        Assert.Contains("compose.yaml:4: services.api.environment.V", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Interpolation_OfNumbers_IsReadAsSuch()
    {
        var site = _folder.Load("services:\n  api:\n    scale: ${N}\n    ports: ['${P:-8080}:80']", ("N", "4"));
        Assert.Equal(4, site.Find("api")!.Replicas);
        Assert.Equal(8080, site.Find("api")!.Ports[0].HostPort);
    }

    [Fact]
    public void Interpolation_ThatMultipliesLongValues_IsRefused()
    {
        var longValue = new string('x', 200_000);
        var message = _folder.Refusal($"services:\n  api:\n    environment:\n      V: {string.Concat(Enumerable.Repeat("$L", 50))}", ("L", longValue));
        Assert.Contains("characters", message, StringComparison.Ordinal);
    }

    [Fact]
    public void EnvFile_WithAllItsForms_IsRead()
    {
        _folder.Write("first.env", """
            # a comment
            PLAIN=one two   # trailing
            export EXPORTED=x
            SINGLE='raw $PLAIN \n'
            DOUBLE="a\nb $PLAIN \$5 \"q\""
            MULTI="line1
            line2"
            EMPTY=
            HASH=a#b
            TAKEN
            GONE
            """);
        _folder.Write("second.env", "PLAIN=over\nDOLLAR=costs 5$\n".Replace("$\n", "$$\n", StringComparison.Ordinal));
        var site = _folder.Load(
            "services:\n  api:\n    env_file: [first.env, {path: second.env}, {path: none.env, required: false}]\n    environment: {EXPORTED: wins}",
            ("TAKEN", "outside"));
        var environment = site.Find("api")!.Environment;
        Assert.Equal("over", environment["PLAIN"]);
        Assert.Equal("wins", environment["EXPORTED"]);
        Assert.Equal("raw $PLAIN \\n", environment["SINGLE"]);
        Assert.Equal("a\nb one two $5 \"q\"", environment["DOUBLE"]);
        Assert.Equal("line1\nline2", environment["MULTI"]);
        Assert.Equal("", environment["EMPTY"]);
        Assert.Equal("a#b", environment["HASH"]);
        Assert.Equal("outside", environment["TAKEN"]);
        Assert.Equal("costs 5$", environment["DOLLAR"]);
        Assert.False(environment.ContainsKey("GONE"));
    }

    [Fact]
    public void EnvFile_ThatIsMissingOrBroken_IsRefusedWithItsPlace()
    {
        _folder.Write("bad.env", "GOOD=1\nnot a line\nOPEN=\"never closed\n");
        var message = _folder.Refusal("services:\n  api:\n    env_file: [none.env, bad.env]");
        Assert.Contains("none.env", message, StringComparison.Ordinal);
        Assert.Contains("bad.env:2", message, StringComparison.Ordinal);
        Assert.Contains("bad.env:3: OPEN", message, StringComparison.Ordinal);
    }
}
