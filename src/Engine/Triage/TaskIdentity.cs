using System.Text;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage;

/// <summary>What makes two tasks of different plans the same: type, target, arguments and agent; the id does not count.</summary>
public static class TaskIdentity
{
    private const char FieldSeparator = '\u001f';

    public static string Of(PlanTask task)
    {
        var text = new StringBuilder();
        text.Append(task.Type).Append(FieldSeparator).Append(task.Target).Append(FieldSeparator).Append(task.AssignedTo);
        foreach (var (name, value) in task.Args.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            text.Append(FieldSeparator).Append(name).Append('=').Append(value.GetRawText());
        }

        return text.ToString();
    }
}
