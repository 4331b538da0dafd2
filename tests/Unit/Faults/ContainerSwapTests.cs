using Quorate.Faults;

namespace Quorate.Tests.Unit.Faults;

public sealed class ContainerSwapTests
{
    [Fact]
    public void With_VariableSetAndPutBack_LeavesNoTrace()
    {
        string[] entries = ["A=1", "DB_URL=postgresql://db", "DB_URL_2=x"];

        var broken = ContainerSwap.With(entries, "DB_URL", "postgresql://elsewhere");

        Assert.Equal(["A=1", "DB_URL=postgresql://elsewhere", "DB_URL_2=x"], broken);
        Assert.Equal(entries, ContainerSwap.With(broken, "DB_URL", "postgresql://db"));
        Assert.Equal([.. entries, "NEW=1"], ContainerSwap.With(entries, "NEW", "1"));
    }
}
