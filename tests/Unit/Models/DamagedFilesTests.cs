using Quorate.Models;
using Quorate.Models.Caching;
using Quorate.Models.Cassettes;

namespace Quorate.Tests.Unit.Models;

/// <summary>Files that somebody edited: an answer from the cache is missing then, a recording says so.</summary>
public sealed class DamagedFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-damaged").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"key":"k","text":null}""")]
    [InlineData("""{"key":"k","text":""}""")]
    [InlineData("""{"key":"other","text":"an answer"}""")]
    public async Task Find_CachedAnswerThatIsDamaged_IsNone(string content)
    {
        await using var answers = new AnswerFolder(_folder);
        await File.WriteAllTextAsync(Path.Combine(_folder, "k.json"), content, TestContext.Current.CancellationToken);
        Assert.Null(answers.Find("k"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null\nx")]
    [InlineData("{\"status\":-5}\nx")]
    [InlineData("{\"status\":99999}\nx")]
    public void Read_RecordingThatIsDamaged_SaysSo(string content)
    {
        var file = Path.Combine(_folder, "r.http");
        File.WriteAllText(file, content);
        Assert.Contains("is damaged", Assert.Throws<ModelException>(() => CassetteFile.Read(file)).Message, StringComparison.Ordinal);
    }
}
