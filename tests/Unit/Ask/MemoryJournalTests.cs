using Quorate.Engine.Ask;

namespace Quorate.Tests.Unit.Ask;

public class MemoryJournalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_ManyQuestions_KeepsTheLast()
    {
        var journal = new MemoryJournal();
        for (var i = 0; i <= MemoryJournal.MaxJobs; i++)
        {
            await journal.AppendAsync($"job-{i}", "answer/a", "first", Token);
            await journal.AppendAsync($"job-{i}", "answer/a", "second", Token);
        }

        Assert.Empty(await journal.ReadAsync("job-0", Token));
        Assert.Equal("first", (await journal.ReadAsync($"job-{MemoryJournal.MaxJobs}", Token))["answer/a"]);
    }
}
